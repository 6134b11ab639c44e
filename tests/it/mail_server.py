"""A real SMTP server on loopback: what it takes becomes files in a folder, whole.

Called as `mail_server.py FOLDER MODE [CERTIFICATE KEY]`; says its port on standard output, and ends
when its standard input does. MODE: plain, login, starttls, implicit, refusing, silent, drops.
"""

import asyncio
import json
import logging
import ssl
import sys
import warnings
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

# What these tests are about is told there: logins without encryption, handshakes that fail.
warnings.filterwarnings("ignore")
logging.disable()

folder, mode, *files = sys.argv[1:]
context = None
if files:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)


def read(letter):
    """The letter as a person reads it: the headers, and the text without its encoding."""
    message = message_from_bytes(letter, policy=policy.default)
    return "".join(f"{name}: {value}\n" for name, value in message.items()) + "\n" + message.get_content()


class Keeper:
    """Keeps each letter, or refuses it."""

    count = 0

    async def handle_DATA(self, server, session, envelope):
        if mode == "refusing":
            return "550 " + envelope.content.decode().splitlines()[-1]
        self.count += 1
        login = getattr(session, "auth_data", None)
        letter = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": server.transport.get_extra_info("sslcontext") is not None,
            "login": login and [login.login.decode(), login.password.decode()],
            "text": read(envelope.content),
        }
        place = Path(folder) / f"{self.count}.json"
        place.with_suffix(".new").write_text(json.dumps(letter))
        place.with_suffix(".new").rename(place)
        return "250 kept"


def known(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"ann" and data.password.startswith(b"pass-"), auth_data=data)


def smtp():
    with_login = mode in ("login", "starttls", "implicit")
    return SMTP(
        Keeper(),
        hostname="localhost",
        tls_context=context if mode == "starttls" else None,
        require_starttls=mode == "starttls",
        authenticator=known if with_login else None,
        auth_required=with_login,
        auth_require_tls=mode == "starttls",
    )


class Silent(asyncio.Protocol):
    """Takes a connection, and says nothing."""


class Drops(asyncio.Protocol):
    """A greeting that never comes to an end, a byte now and then."""

    def connection_made(self, transport):
        transport.write(b"220-")
        asyncio.get_running_loop().create_task(self.go_on(transport))

    async def go_on(self, transport):
        while not transport.is_closing():
            transport.write(b"x")
            await asyncio.sleep(0.5)


async def main():
    loop = asyncio.get_running_loop()
    protocol = {"silent": Silent, "drops": Drops}.get(mode, smtp)
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if mode == "implicit" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
