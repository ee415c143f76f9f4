// What the Envoys of a proxy start with in a cluster: the files of its ConfigMap.  Pure.
#pragma once

#include <string>

#include "infra/kube/render.h"
#include "xds/bootstrap/bootstrap.h"

namespace limen::ctl {

struct PodServer {
  xds::Address address;  // by which pods reach the xDS server
  bool token = false;    // they are known by their ServiceAccount's token
  std::string ca;        // PEM; in the ConfigMap only where there is no certificate of their own
};

infra::ConfigFiles pod_files(const infra::ProxyPlan& plan, const PodServer& server);

}  // namespace limen::ctl
