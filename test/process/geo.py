"""Databases of where addresses are, in MaxMind's format, made of what a test says of networks."""

import os

from mmdb_writer import MMDBWriter
from netaddr import IPSet

KINDS = {"city": "GeoLite2-City", "country": "GeoLite2-Country", "asn": "GeoLite2-ASN", "isp": "GeoIP2-ISP",
         "anonymousIp": "GeoIP2-Anonymous-IP"}


def place(country, region=None, city=None):
    record = {"country": {"iso_code": country, "names": {"en": country}}}
    if region:
        record["subdivisions"] = [{"iso_code": region, "names": {"en": region}}]
    if city:
        record["city"] = {"names": {"en": city}}
    return record


def database(kind, path, networks):
    """Writes a database of a kind, as EnvoyProxy names them, with a record a network; what was there is replaced."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=KINDS[kind], int_type="u32")
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(f"{path}.new")
    os.rename(f"{path}.new", path)
