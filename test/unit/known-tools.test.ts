import { describe, expect, it } from 'vitest';
import { KNOWN_TOOLS, toolOfWords } from '../../src/engines/shared/known-tools.ts';

describe('whose command it is', () => {
  it.each([
    ['alembic upgrade head', 'Alembic'],
    ['uv run alembic upgrade head', 'Alembic'],
    ['poetry run python -m alembic upgrade head', 'Alembic'],
    ['flask db upgrade', 'Alembic'],
    ['python manage.py migrate', 'Django'],
    ['.venv/bin/python3.12 ./manage.py migrate --noinput', 'Django'],
    ['python -m django migrate', 'Django'],
    ['npx prisma migrate deploy', 'Prisma Migrate'],
    ['npx -y prisma@6.1.0 migrate deploy', 'Prisma Migrate'],
    ['pnpm exec prisma migrate deploy', 'Prisma Migrate'],
    ['.\\node_modules\\.bin\\prisma.cmd migrate deploy', 'Prisma Migrate'],
    ['node ./node_modules/knex/bin/cli.js migrate:latest', 'Knex'],
    ['node node_modules/dbmate/dist/cli.js up', 'dbmate'],
    ['dbmate --wait up', 'dbmate'],
    ['env DATABASE_URL=x dbmate up', 'dbmate'],
    ['bin/rails db:migrate', 'Rails'],
    ['bundle exec rake db:migrate', 'Rails'],
    ['mix ecto.migrate', 'Ecto'],
    ['/opt/flyway-12.1/flyway -url=jdbc:postgresql://h/d migrate', 'Flyway'],
    ['mvn flyway:migrate', 'Flyway'],
    ['./gradlew flywayMigrate', 'Flyway'],
    ['mvn liquibase:update', 'Liquibase'],
    ['java -jar liquibase.jar update', 'Liquibase'],
    ['migrate -path db -database url up', 'golang-migrate'],
    ['npx drizzle-kit migrate', 'Drizzle'],
    ['npx node-pg-migrate up', 'node-pg-migrate'],
    ['yarn graphile-migrate migrate', 'Graphile Migrate'],
    ['atlas migrate apply', 'Atlas'],
    ['go run github.com/pressly/goose/v3/cmd/goose@latest up', 'goose'],
    ['npx sequelize-cli db:migrate', 'Sequelize'],
    ['sqitch deploy', 'Sqitch'],
    ['supabase db push', 'Supabase'],
    ['npx typeorm-ts-node-commonjs migration:run', 'TypeORM'],
    ['php artisan migrate --force', 'Laravel'],
    ['dotnet ef database update', 'Entity Framework'],
    ['cargo sqlx migrate run', 'SQLx'],
  ])('%s', (command, tool) => {
    expect(toolOfWords(command.split(' '))).toBe(tool);
    expect(KNOWN_TOOLS.map((known) => known.tool)).toContain(tool);
  });

  // A name that stands where a name is not the command's says nothing.
  it.each([
    'npm run migrate',
    'make migrate',
    'psql -d atlas -f goose.sql',
    'psql -f flyway',
    'rake test',
    'mix test',
    '',
  ])('not guessed: %s', (command) => {
    expect(toolOfWords(command.split(' '))).toBeNull();
  });
});
