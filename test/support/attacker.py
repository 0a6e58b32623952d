"""Goes to a PostgreSQL server by itself, as fast as a client can: to see whether something keeps it from there.

Arguments: the way; the file for the report; the ports of the target, of the proxy, of an HTTP server; the password.
The report is JSON: what came of each, 'ok' or the number of the error.
"""

import base64, hashlib, hmac, json, os, socket, struct, sys

way, report, target, proxy, http, password = sys.argv[1:]
FAST_OPEN, MPTCP = 0x20000000, 262
SQL = "create table escaped ()"


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def startup(user):
    return message(b"", struct.pack("!i", 196608) + b"user\0%s\0database\0postgres\0\0" % user)


QUERY = message(b"Q", SQL.encode() + b"\0")


def received(server, kind):
    """The body of the next message of this kind; an error of the server's ends it."""
    while True:
        head = server.recv(5, socket.MSG_WAITALL)
        if len(head) < 5:
            raise OSError(0, "closed")
        body = server.recv(struct.unpack("!i", head[1:])[0] - 4, socket.MSG_WAITALL)
        if head[:1] == kind:
            return body
        if head[:1] == b"E":
            raise SystemExit(body)


def connected(port, protocol=0):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    server.connect(("127.0.0.1", port))
    return server


def by_trust(port):
    server = connected(port)
    server.sendall(startup(b"trusting") + QUERY)
    received(server, b"C")


def by_fast_open(port):
    server = socket.socket()
    server.sendto(startup(b"trusting") + QUERY, FAST_OPEN, ("127.0.0.1", port))
    received(server, b"C")


def by_multipath(port):
    server = connected(port, MPTCP)
    server.sendall(startup(b"trusting") + QUERY)
    received(server, b"C")


def by_scram(port):
    server = connected(port)
    server.sendall(startup(b"postgres"))
    received(server, b"R")
    first = b"n=,r=" + base64.b64encode(os.urandom(18))
    server.sendall(message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first) + 3) + b"n,," + first))
    challenge = received(server, b"R")[4:]
    said = dict(part.split(b"=", 1) for part in challenge.split(b","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(said[b"s"]), int(said[b"i"]))
    client = hmac.digest(salted, b"Client Key", "sha256")
    last = b"c=biws,r=" + said[b"r"]
    signed = hmac.digest(hashlib.sha256(client).digest(), first + b"," + challenge + b"," + last, "sha256")
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(client, signed)))
    # The statement goes with the last word of the login, and waits for no answer to it.
    server.sendall(message(b"p", last + b",p=" + proof) + QUERY)
    received(server, b"C")


def says_hello(port):
    with connected(port) as server:
        if server.recv(5, socket.MSG_WAITALL) != b"proxy":
            raise SystemExit("not the proxy")


def answers(port):
    import urllib.request

    if urllib.request.urlopen("http://127.0.0.1:%d/" % port).read() != b"http":
        raise SystemExit("not the HTTP server")


def outcome(attempt, port):
    try:
        attempt(int(port))
        return "ok"
    except OSError as error:
        reason = getattr(error, "reason", error)
        return reason.errno


WAYS = {"trust": by_trust, "scram": by_scram, "fast open": by_fast_open, "multipath": by_multipath}
# The target first: it is a race.
came_of = {"target": outcome(WAYS[way], target), "proxy": outcome(says_hello, proxy), "http": outcome(answers, http)}
with open(report + ".draft", "w") as file:
    json.dump(came_of, file)
os.rename(report + ".draft", report)
