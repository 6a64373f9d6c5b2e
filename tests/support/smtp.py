#!/usr/bin/python3
"""A real SMTP server on loopback for the tests: tests/support/smtp.py FOLDER [--user U --password P] [--tls CERT KEY] [--wrapped]

Prints its port, then writes each mail it takes to FOLDER as JSON. To whom a mail goes says how it behaves: `busy` is asked
to come back the first time, `nobody` does not exist, at `dropped` the connection breaks off the first time before the mail
was said, and at `unheard` after it was taken and before that was answered. It is Debian's aiosmtpd, and so this is run by
Debian's own Python.
"""
import argparse
import asyncio
import email
import email.policy
import json
import logging
import ssl
import warnings
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=Path)
arguments.add_argument("--user")
arguments.add_argument("--password")
arguments.add_argument("--tls", nargs=2)
arguments.add_argument("--wrapped", action="store_true")
given = arguments.parse_args()
met = set()
# That it signs people in without TLS is what some tests ask for.
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def first(kind, address):
    """Whether somebody of this kind is written to for the first time."""
    is_first = address.startswith(f"{kind}@") and address not in met
    if is_first:
        met.add(address)
    return is_first


class Server(SMTP):
    async def smtp_DATA(self, arg):
        if any(first("dropped", address) for address in self.envelope.rcpt_tos):
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Handler:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if first("busy", address):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {kind: message.get_body((kind,)).get_content() for kind in ("plain", "html")}
        mail = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "headers": dict(message.items()), **parts,
                "kind": message.get_content_type(), "encrypted": session.ssl is not None or given.wrapped,
                "user": (session.auth_data or b"").decode() if session.authenticated else None}
        Handler.count += 1
        part = given.folder / f"{Handler.count:04}.part"
        part.write_text(json.dumps(mail))
        part.rename(part.with_suffix(".json"))
        if any(first("unheard", address) for address in envelope.rcpt_tos):
            server.transport.abort()
        return f"250 2.0.0 taken as {Handler.count}"


def authenticate(server, session, envelope, mechanism, data):
    success = (data.login.decode(), data.password.decode()) == (given.user, given.password)
    return AuthResult(success=success, handled=False, auth_data=data.login)


async def main():
    context = None
    if given.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*given.tls)
    options = {"hostname": "mail.test"}
    if given.user:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    if context and not given.wrapped:
        options |= {"tls_context": context, "require_starttls": True}
    handler, loop = Handler(), asyncio.get_running_loop()
    wrapped = context if given.wrapped else None
    server = await loop.create_server(lambda: Server(handler, **options), "127.0.0.1", 0, ssl=wrapped)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
