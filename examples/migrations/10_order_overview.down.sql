DROP VIEW order_overview;
