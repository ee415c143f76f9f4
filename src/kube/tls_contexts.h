// The authorities and the client certificate of a Config.  Files are read for each connection, and
// what was made of them is shared as long as they say the same.
#pragma once

#include <memory>

#include "http/tls.h"
#include "kube/config.h"

namespace limen::kube {

class TlsContexts {
 public:
  explicit TlsContexts(const Config& config) : config_(config) {}
  // An error names the configuration.
  Result<std::shared_ptr<boost::asio::ssl::context>> current();

 private:
  const Config& config_;
  http::TlsParts made_of_;
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace limen::kube
