// Gateway.spec.addresses.  Source: Gateway API GatewaySpec.addresses (GEP-1651, GEP-735).
#include <fmt/format.h>

#include <algorithm>

#include "translate/gateway/rules.h"

namespace limen::translate {
namespace {

bool is_loopback(std::string_view address) { return address.starts_with("127."); }

bool is_usable(const Options& options, const std::string& address) {
  if (!options.host_addresses || is_loopback(address)) return true;
  const auto& ours = *options.host_addresses;
  return std::find(ours.begin(), ours.end(), address) != ours.end();
}

}  // namespace

void choose_addresses(const Options& options, const api::Gateway& gateway, GatewayModel& model) {
  const auto& wanted = gateway.spec.addresses;
  if (wanted.empty()) model.addresses = options.addresses;
  std::string unusable;
  for (const auto& address : wanted) {
    if (address.type != "IPAddress") {
      model.accepted = Verdict::no(
          "UnsupportedAddress",
          fmt::format("spec.addresses: type {} is not supported: use IPAddress", address.type));
    } else if (!address.routability.empty()) {  // else what was to be private would be public
      model.accepted = Verdict::no(
          "UnsupportedAddress",
          fmt::format("spec.addresses: routability {} is not supported on a host, which has no "
                      "addresses of Services: name an address of the host that is reachable from "
                      "where it should be",
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
  if (!unusable.empty()) {
    model.addressed = Verdict::no(
        "AddressNotUsable", fmt::format("spec.addresses: this host does not have {}", unusable));
  }
}

std::vector<std::string> bound_addresses(const GatewayModel& model, const api::Gateway& gateway) {
  const auto& wanted = gateway.spec.addresses;
  const bool any = wanted.empty() || std::any_of(wanted.begin(), wanted.end(),
                                                 [](const auto& a) { return a.value.empty(); });
  return any ? std::vector<std::string>{"0.0.0.0"} : model.addresses;
}

}  // namespace limen::translate
