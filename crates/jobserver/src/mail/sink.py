"""A mail server for tests: takes mails with Debian's aiosmtpd and says each as a line of JSON.

arguments: JSON with cert, key (PEM files; STARTTLS is then required), tls (from the first byte), user, password, token,
token_service (the refresh token that gets `token` from a POST on a second port), introspect (the token of `user` that is
good when it is asked about there), refuse, later (recipients)
"""
import asyncio, base64, json, ssl, sys, urllib.parse
from aiosmtpd.smtp import SMTP, AuthResult

want = json.loads(sys.argv[1])
tokens = {"count": 0}


def say(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == want.get("refuse"):
            return "550 no such person"
        if address == want.get("later"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        login = session.auth_data if session.authenticated else None
        say(to=envelope.rcpt_tos, mail=envelope.content.decode(), tls=session.ssl is not None, login=login)
        return "250 taken"


class Server(SMTP):
    async def auth_XOAUTH2(self, server, args):
        blob = base64.b64decode(args[1]).decode() if len(args) > 1 else ""
        good = f"user={want.get('user')}\x01auth=Bearer {want.get('token')}\x01\x01"
        if want.get("token") and blob == good:
            return AuthResult(success=True, auth_data="xoauth2")
        return AuthResult(success=False, handled=False)


def authenticator(server, session, envelope, mechanism, data):
    good = (want.get("user", "").encode(), want.get("password", "").encode())
    if mechanism in ("PLAIN", "LOGIN") and (data.login, data.password) == good and want.get("password"):
        return AuthResult(success=True, auth_data="password")
    return AuthResult(success=False, handled=False)


async def token_service(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    if head.startswith("GET "):
        # RFC 7662: whether a token is good, for another mail server.
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(head.split(" ")[1]).query)
        good = asked.get("token") == [want.get("introspect")]
        return await answer(writer, {"active": True, "username": want.get("user")} if good else {"active": False}, True)
    length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
    form = urllib.parse.parse_qs((await reader.readexactly(length)).decode())
    tokens["count"] += 1
    good = form.get("grant_type") == ["refresh_token"] and form.get("refresh_token") == [want["token_service"]]
    body = {"access_token": want["token"], "expires_in": 3600} if good else {"error": "invalid_grant"}
    say(token_request=form.get("client_id"), good=good)
    await answer(writer, body, good)


async def answer(writer, body, good):
    body = json.dumps(body).encode()
    status = "200 OK" if good else "400 Bad Request"
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n".encode() + body)
    await writer.drain()
    writer.close()


async def main():
    context = None
    if want.get("cert"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(want["cert"], want["key"])
    wrapped = want.get("tls", False)
    login = bool(want.get("password") or want.get("token"))
    make = lambda: Server(
        Handler(), enable_SMTPUTF8=True,
        tls_context=None if wrapped else context, require_starttls=bool(context) and not wrapped,
        # Without TLS this one offers AUTH only when it wants it: Dovecot would hand on who logged in.
        authenticator=authenticator, auth_required=login,
        auth_require_tls=not login or (bool(context) and not wrapped),
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", want.get("port", 0), ssl=context if wrapped else None)
    http = await asyncio.start_server(token_service, "127.0.0.1", 0)
    say(port=server.sockets[0].getsockname()[1], http=http.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
