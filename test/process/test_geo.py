"""Where clients are: EnvoyProxy.geoIP and clientIPGeoLocations of SecurityPolicies, with real databases."""

import json

import pytest

import geo
from limen import KeptAlive, wait_for
from test_routes import to
from test_security_policy import listeners_of, policy

LONDON, PARIS, NOWHERE = "81.2.69.5", "90.0.0.7", "203.0.113.7"
CITIES = {"81.2.69.0/24": geo.place("GB", "ENG", "London"), "90.0.0.0/8": geo.place("FR", "IDF", "Paris")}
# Clients say where they are by a header that a proxy in front of Limen would set.
BELIEVED = """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: ClientTrafficPolicy
metadata: {name: believed}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: web}]
  clientIPDetection: {xForwardedFor: {numTrustedHops: 1}}
"""


def allowed(*places):
    rule = {"name": "there", "action": "Allow", "principal": {"clientIPGeoLocations": list(places)}}
    return {"authorization": {"defaultAction": "Deny", "rules": [rule]}}


def denied(*places):
    rule = {"name": "there", "action": "Deny", "principal": {"clientIPGeoLocations": list(places)}}
    return {"authorization": {"defaultAction": "Allow", "rules": [rule]}}


class Web:
    def __init__(self, limen, folder):
        self.limen, self.folder = limen, folder

    def databases(self, **networks):
        """An EnvoyProxy with these, by kind; None: a file that is not there."""
        sources = {}
        for kind, records in networks.items():
            path = self.folder / f"{kind}.mmdb"
            if records is not None:
                geo.database(kind, path, records)
            sources[f"{kind}DbSource"] = {"local": {"path": str(path)}}
        geo_ip = {"geoIP": {"provider": {"type": "MaxMind", "maxMind": sources}}} if sources else {}
        self.limen.write("proxy.yaml", "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyProxy\n"
                         f"metadata: {{name: settings}}\nspec: {json.dumps(geo_ip)}\n")

    def policy(self, spec, target=("HTTPRoute", "r")):
        self.limen.write("p.yaml", policy("p", spec, target))

    def ask(self, client, path="/r", **headers):
        answer = self.limen.try_get(path, headers={"x-forwarded-for": client, **headers})
        return answer and answer.status

    def wait(self, client, status, path="/r"):
        wait_for(lambda: self.ask(client, path) == status)

    def told(self):
        return self.limen.status("securitypolicy", "p")


@pytest.fixture
def web(limen, backend, tmp_path):
    web = Web(limen, tmp_path)
    parameters = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "settings"}
    limen.gateway(infrastructure={"parametersRef": parameters})
    limen.write("a.yaml", backend("a").yaml())
    limen.write("believed.yaml", BELIEVED)
    for name in ("r", "free"):
        limen.route(name, [{"matches": [{"path": {"value": f"/{name}"}}], "backendRefs": [to("a")]}])
    return web


def start(web, **databases):
    web.databases(**databases)
    web.limen.start()
    web.limen.wait_status(200, "/free")


def test_countries_regions_cities(web):
    start(web, city=CITIES)
    web.policy(allowed({"country": "gb"}, {"city": "Paris", "country": "FR", "region": "idf"}))
    web.wait(NOWHERE, 403)
    assert web.ask(LONDON) == 200 and web.ask(PARIS) == 200
    web.policy(allowed({"country": "GB", "city": "Paris"}, {"region": "IDF"}))  # in a place all must hold
    web.wait(LONDON, 403)
    assert web.ask(PARIS) == 200
    web.policy(denied({"country": "FR"}))
    web.wait(PARIS, 403)
    assert web.ask(LONDON) == 200 and web.ask(NOWHERE) == 200
    assert web.ask(PARIS, "/free") == 200
    assert "Accepted=True" in web.told()


def test_clients_cannot_say_where_they_are(web):
    start(web, city=CITIES)
    web.policy(allowed({"country": "GB"}))
    web.wait(NOWHERE, 403)
    assert web.ask(NOWHERE, **{"x-limen-geo-country": "GB"}) == 403
    assert web.ask(NOWHERE, **{"X-Limen-Geo-Country": "GB"}) == 403
    seen = web.limen.get("/r", headers={"x-forwarded-for": LONDON, "x-limen-geo-city": "forged"}).json["headers"]
    assert not [name for name in seen if name.startswith("x-limen")]


def test_systems_and_providers(web):
    asn = {"81.2.69.0/24": {"autonomous_system_number": 64500, "autonomous_system_organization": "One"},
           "90.0.0.0/8": {"autonomous_system_number": 64501, "autonomous_system_organization": "Two"}}
    start(web, asn=asn, isp={"90.0.0.0/8": {"isp": "Two Net", "autonomous_system_number": 64501}})
    web.policy(allowed({"asn": 64500}))
    web.wait(PARIS, 403)
    assert web.ask(LONDON) == 200
    web.policy(allowed({"isp": "Two Net"}))
    web.wait(PARIS, 200)
    assert web.ask(LONDON) == 403


def test_networks_that_hide_their_clients(web):
    vpn = {"is_anonymous": True, "is_anonymous_vpn": True}
    tor = {"is_anonymous": True, "is_tor_exit_node": True}
    start(web, anonymousIp={"81.2.69.0/24": vpn, "90.0.0.0/8": tor})
    web.policy(denied({"anonymous": {"isVPN": True}}))
    web.wait(LONDON, 403)
    assert web.ask(PARIS) == 200 and web.ask(NOWHERE) == 200
    web.policy(denied({"anonymous": {"isAnonymous": True, "isVPN": False}}))
    web.wait(PARIS, 403)
    assert web.ask(LONDON) == 200 and web.ask(NOWHERE) == 200
    web.policy(denied({"anonymous": {"isAnonymous": True}}))
    web.wait(LONDON, 403)
    assert web.ask(PARIS) == 403 and web.ask(NOWHERE) == 200


def test_without_a_database_that_has_the_fact_nobody_passes(web):
    start(web)
    web.policy(denied({"city": "Paris"}))
    web.wait(LONDON, 403)
    assert web.ask(LONDON, "/free") == 200
    assert "ask for city, of which EnvoyProxy.spec.geoIP of the Gateway has no database" in web.told()
    web.databases(country={"90.0.0.0/8": geo.place("FR")})  # knows no cities
    web.policy(denied({"city": "Paris"}, {"country": "FR"}))
    wait_for(lambda: "ask for city, of" in web.told())
    assert web.ask(LONDON) == 403
    web.databases(city=CITIES)
    web.wait(LONDON, 200)
    assert web.ask(PARIS) == 403
    wait_for(lambda: "Accepted=True" in web.told())


def test_a_policy_of_the_gateway(web):
    start(web, city=CITIES)
    web.policy(denied({"country": "FR"}), ("Gateway", "web"))
    web.wait(PARIS, 403)
    assert web.ask(PARIS, "/free") == 403 and web.ask(LONDON) == 200
    web.databases()
    web.wait(LONDON, 403)
    assert "ask for country" in web.told()


def test_another_database_drops_no_connection(web):
    start(web, city=CITIES)
    web.limen.route("root", [{"backendRefs": [to("a")]}])
    web.limen.wait_status(200, "/")
    web.policy(denied({"country": "FR"}))
    web.wait(PARIS, 403)
    before = listeners_of(web.limen)
    client = KeptAlive(web.limen)
    geo.database("city", web.folder / "city.mmdb", {"81.2.69.0/24": geo.place("FR")})  # Envoy sees it by itself
    web.wait(LONDON, 403)
    web.wait(PARIS, 200)
    web.databases(country={"90.0.0.0/8": geo.place("FR")})  # another file, told by Limen
    web.wait(PARIS, 403)
    web.wait(LONDON, 200)
    asked = client.count()
    wait_for(lambda: client.count() > asked + 20)
    assert set(client.stop()) == {200}
    assert listeners_of(web.limen) == before


def test_a_file_that_is_not_there(web):
    start(web, city=None)
    web.policy(denied({"country": "FR"}))
    web.wait(LONDON, 403)  # who asks for a check gets no open route
    assert web.ask(LONDON, "/free") == 200
    wait_for(lambda: "city.mmdb" in web.limen.status("gateway", "web"))
    geo.database("city", web.folder / "present.mmdb", CITIES)
    web.databases(city=CITIES)
    web.limen.write("proxy.yaml", (web.limen.conf / "proxy.yaml").read_text().replace("city.mmdb", "present.mmdb"))
    web.wait(LONDON, 200)
    assert web.ask(PARIS) == 403
    wait_for(lambda: "city.mmdb" not in web.limen.status("gateway", "web"))


def test_wrong_databases_are_told(web):
    start(web, city=CITIES)
    web.policy(denied({"country": "FR"}))
    web.wait(PARIS, 403)
    web.limen.write("proxy.yaml", (web.limen.conf / "proxy.yaml").read_text().replace(".mmdb", ".db"))
    wait_for(lambda: "spec.geoIP.provider.maxMind.cityDbSource.local.path" in web.limen.log.read_text())
    assert web.ask(PARIS) == 403 and web.ask(LONDON) == 200  # the last good one stays
