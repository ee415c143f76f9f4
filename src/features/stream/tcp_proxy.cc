#include <envoy/extensions/access_loggers/stream/v3/stream.pb.h>
#include <envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h>

#include "features/features.h"

namespace limen::features {

void write_tcp_proxy(const std::vector<Share>& shares, const std::string& stat_prefix,
                     listener_v3::Filter& out) {
  envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy proxy;
  proxy.set_stat_prefix(stat_prefix);
  if (shares.size() == 1) {
    proxy.set_cluster(shares.front().cluster);
  } else {
    for (const Share& share : shares) {
      auto* cluster = proxy.mutable_weighted_clusters()->add_clusters();
      cluster->set_name(share.cluster);
      cluster->set_weight(share.weight);
    }
  }
  auto* log = proxy.add_access_log();
  log->set_name("envoy.access_loggers.stdout");
  log->mutable_typed_config()->PackFrom(
      envoy::extensions::access_loggers::stream::v3::StdoutAccessLog());
  out.set_name("envoy.filters.network.tcp_proxy");
  out.mutable_typed_config()->PackFrom(proxy);
}

}  // namespace limen::features
