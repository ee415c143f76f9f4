// Whether the API server is reached, said once each time that changes, by whichever of many
// connections notices.  One thread.
#pragma once

#include <string>

#include "base/log.h"

namespace limen::kube {

class Health {
 public:
  explicit Health(std::string server) : server_(std::move(server)) {}

  void reached() {
    if (!ok_) log::info("kube", "API server {} answers again", server_);
    ok_ = true;
  }

  void failed(const std::string& why) {
    if (ok_) log::warn("kube", "{}; what is known stays in force, and it is tried again", why);
    ok_ = false;
  }

 private:
  std::string server_;
  bool ok_ = true;
};

}  // namespace limen::kube
