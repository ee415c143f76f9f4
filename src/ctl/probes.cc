#include "ctl/probes.h"

#include "xds/bootstrap/bootstrap.h"

namespace limen::ctl {

Status answer_at(const std::string& address, http::Probes& probes) {
  constexpr char kOption[] = "--health-address";
  if (address.empty()) return {};
  const auto parsed = xds::parse_address(address);
  if (!parsed) return with_context(parsed.error(), kOption);
  const Status listening = probes.listen(parsed->host, parsed->port);
  if (listening) return {};
  return with_context(listening.error(), kOption + (" " + address));
}

}  // namespace limen::ctl
