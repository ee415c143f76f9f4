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
  write_stdout_log(*proxy.add_access_log());
  out.set_name("envoy.filters.network.tcp_proxy");
  out.mutable_typed_config()->PackFrom(proxy);
}

}  // namespace limen::features
