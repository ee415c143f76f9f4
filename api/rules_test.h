// Objects that break one rule each.  For rules_test.cc.
#pragma once

#include <string>
#include <vector>

namespace limen::api {

struct BrokenObject {
  std::string document;
  std::string path;
  std::string message;
};

std::vector<BrokenObject> broken_backends();
std::vector<BrokenObject> broken_security_policies();
std::vector<BrokenObject> broken_client_traffic_policies();
std::vector<BrokenObject> broken_cluster_settings();

}  // namespace limen::api
