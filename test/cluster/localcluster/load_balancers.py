"""Gives Services of type LoadBalancer an address; kube-proxy does the forwarding."""

import ipaddress

from .api import ApiError, Store


class LoadBalancers:
    def __init__(self, config, client):
        self.client = client
        self.pool = [str(address) for address in ipaddress.ip_network(config.load_balancers).hosts()]
        self.given = {}  # by uid of the Service
        self.next = 0
        Store(client, "/api/v1/services", self.take)

    def take(self, what, service):
        uid, spec = service["metadata"]["uid"], service["spec"]
        has = [ingress.get("ip") for ingress in service.get("status", {}).get("loadBalancer", {}).get("ingress") or []]
        if what == "DELETED":
            self.given.pop(uid, None)
        elif spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass"):
            address = self.given.get(uid) or self.choose(uid, [*has, spec.get("loadBalancerIP")])
            if has != [address]:
                self.write(service, [{"ip": address, "ipMode": "VIP"}])
        elif uid in self.given:
            self.given.pop(uid)
            self.write(service, None)

    def choose(self, uid, wishes):
        taken = set(self.given.values())
        free = [address for address in self.pool[self.next:] + self.pool[:self.next] if address not in taken]
        address = next((wish for wish in wishes if wish in free), None)
        if address is None:
            address = free[0]
            self.next = self.pool.index(address) + 1  # one that was given back rests for a while
        self.given[uid] = address
        return address

    def write(self, service, ingress):
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
        try:
            self.client.patch(f"/api/v1/namespaces/{namespace}/services/{name}/status",
                              {"status": {"loadBalancer": {"ingress": ingress}}})
        except (ApiError, OSError) as error:
            print(f"address of {namespace}/{name}: {error}", flush=True)
