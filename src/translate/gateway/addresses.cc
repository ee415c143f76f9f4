// Gateway.spec.addresses.  Source: Gateway API GatewaySpec.addresses (GEP-1651, GEP-735).
#include <fmt/format.h>

#include <algorithm>

#include "translate/gateway/rules.h"

namespace limen::translate {
namespace {

constexpr char kAnyAddress[] = "0.0.0.0";

bool is_loopback(std::string_view address) { return address.starts_with("127."); }

bool is_usable(const Options& options, const std::string& address) {
  if (!options.host_addresses || is_loopback(address)) return true;
  const auto& ours = *options.host_addresses;
  return std::find(ours.begin(), ours.end(), address) != ours.end();
}

Verdict unsupported(const std::string& what) {
  return Verdict::no("UnsupportedAddress", "spec.addresses: " + what);
}

Verdict unsupported_type(const std::string& type, const char* instead) {
  return unsupported(fmt::format("type {} is not supported: use {}", type, instead));
}

Verdict not_usable(const std::string& why) {
  return Verdict::no("AddressNotUsable", "spec.addresses: " + why);
}

void choose_of_host(const Options& options, const api::Gateway& gateway, GatewayModel& model) {
  const auto& wanted = gateway.spec.addresses;
  if (wanted.empty()) model.addresses = options.addresses;
  std::string unusable;
  for (const auto& address : wanted) {
    if (address.type != "IPAddress") {
      model.accepted = unsupported_type(address.type, "IPAddress");
    } else if (!address.routability.empty()) {  // else what was to be private would be public
      model.accepted = unsupported(
          fmt::format("routability {} is not supported on a host, which has no addresses of "
                      "Services: name an address of the host that is reachable from where it "
                      "should be",
                      address.routability));
    } else if (address.value.empty()) {  // any
      model.addresses.insert(model.addresses.end(), options.addresses.begin(),
                             options.addresses.end());
    } else if (is_usable(options, address.value)) {
      model.addresses.push_back(address.value);
    } else {
      unusable += (unusable.empty() ? "" : ", ") + address.value;
    }
  }
  if (!unusable.empty())
    model.addressed = not_usable(fmt::format("this host does not have {}", unusable));
}

// What is asked for becomes the Service's externalIPs, as Envoy Gateway does it.
void choose_of_service(const api::Gateway& gateway, GatewayModel& model) {
  const auto& wanted = gateway.spec.addresses;
  model.wants_any_address = wanted.empty();
  for (const auto& address : wanted) {
    const bool in_cluster = address.routability == "Cluster";
    if (address.type == "Hostname") {
      model.addressed = not_usable(
          fmt::format("a Service can't be given a host name ({}): ask for an IPAddress, and let "
                      "the name lead there",
                      address.value));
    } else if (address.type != "IPAddress") {
      model.accepted = unsupported_type(address.type, "IPAddress");
    } else if (!address.routability.empty() && !in_cluster) {
      model.accepted = unsupported(fmt::format(
          "routability {} is not supported: use Cluster, or leave it out", address.routability));
    } else if (in_cluster && !address.value.empty()) {
      model.addressed = not_usable(
          fmt::format("{}: an address inside of the cluster can't be chosen: leave its value out",
                      address.value));
    } else if (in_cluster) {
      model.wants_cluster_address = true;
    } else if (address.value.empty()) {
      model.wants_any_address = true;
    } else {
      model.addresses.push_back(address.value);
    }
  }
}

}  // namespace

void choose_addresses(const Options& options, const api::Gateway& gateway, GatewayModel& model) {
  switch (options.platform) {
    case Platform::kHost: return choose_of_host(options, gateway, model);
    case Platform::kKubernetes: return choose_of_service(gateway, model);
  }
}

std::vector<std::string> bound_addresses(const Options& options, const GatewayModel& model,
                                         const api::Gateway& gateway) {
  const auto& wanted = gateway.spec.addresses;
  const bool any =
      options.platform == Platform::kKubernetes || wanted.empty() ||
      std::any_of(wanted.begin(), wanted.end(), [](const auto& a) { return a.value.empty(); });
  return any ? std::vector<std::string>{kAnyAddress} : model.addresses;
}

}  // namespace limen::translate
