// Parts of write_cluster_settings().  Within this folder only.
#pragma once

#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/extensions/upstreams/http/v3/http_protocol_options.pb.h>

#include "features/cluster_settings.h"

namespace limen::features {

namespace cluster_v3 = envoy::config::cluster::v3;
using HttpOptions = envoy::extensions::upstreams::http::v3::HttpProtocolOptions;

class Mistakes {
 public:
  explicit Mistakes(Problems& problems) : problems_(problems) {}
  void add(const std::string& path, const std::string& message) {
    problems_.push_back({"Invalid", path, message});
  }
  void want_positive(const std::optional<api::Duration>& duration, const std::string& path) {
    if (duration && duration->value.count() <= 0) add(path, "must be longer than 0s");
  }

 private:
  Problems& problems_;
};

void write_load_balancer(const api::LoadBalancer& balancer, cluster_v3::Cluster& out,
                         Mistakes& mistakes);
// `http2`: whether requests are HTTP/2.
void write_health_check(const api::HealthCheck& check, const std::string& host, bool http2,
                        cluster_v3::Cluster& out, Mistakes& mistakes);
void write_proxy_protocol(const api::ProxyProtocol& protocol, cluster_v3::Cluster& out);

}  // namespace limen::features
