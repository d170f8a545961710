"""What the teacher is told about a class that runs: addresses, code, where the teacher's page is."""

import ipaddress
import socket
import subprocess

from classroom.settings import FOLDER
from classroom.words import in_each, say

NAMES_IN = """
import sys
from cryptography import x509
found = x509.load_pem_x509_certificate(open(sys.argv[1], "rb").read())
names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
print(*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.IPAddress), sep="\\n")
"""


def tell(settings, password, here=False):
    """Tell the teacher what the room needs to know.

    Args:
        settings: the class.
        password: the teacher's, if it is new and so may be shown.
        here: whether this terminal keeps the class alive.
    """
    found = addresses(settings)
    folder = "" if settings.folder == FOLDER else f" --folder {settings.folder}"

    def block():
        print()
        say("open", addresses="\n".join(f"    {one}" for one in found), code=settings.code)
        say("board", board=f"{found[0]}/services/board/")
        if password:
            say("teacher_password", password=password)
        say("protected" if settings.certificate else "not_protected")
        say("how_to_stop_here" if here else "how_to_stop", folder=folder)
        print()

    in_each(block)


def addresses(settings):
    """Where browsers of the room find the class.

    Args:
        settings: the class.

    Returns:
        Addresses, at least one.
    """
    hosts = names_in_certificate(settings) if settings.certificate else []
    usual = {"http": 80, "https": 443}[settings.scheme]
    port = "" if settings.port == usual else f":{settings.port}"
    return [f"{settings.scheme}://{host}{port}" for host in hosts or room_addresses()]


def names_in_certificate(settings):
    """The names that a certificate was made for: browsers trust it under these only.

    Args:
        settings: the class.

    Returns:
        The names, none if the certificate has none.
    """
    command = [settings.hub_python, "-c", NAMES_IN, settings.certificate]
    return subprocess.run(command, capture_output=True, text=True).stdout.split()


def room_addresses():
    """The addresses of this machine's interfaces.

    Returns:
        IPv4 addresses, the one that leads out first; 127.0.0.1 if there is no network.
    """
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        try:
            way_out.connect(("192.0.2.1", 9))  # sends nothing; asks which address would be used
            found.append(way_out.getsockname()[0])
        except OSError:
            pass
    try:
        said = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    except FileNotFoundError:
        said = []
    found += [one for one in said if ":" not in one and not ipaddress.ip_address(one).is_link_local]
    return list(dict.fromkeys(found)) or ["127.0.0.1"]
