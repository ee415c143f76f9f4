// What a client of TLS verifies servers by, and shows of itself.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "base/result.h"

namespace limen::http {

struct TlsParts {
  std::string authorities;       // PEM; "": those that the system trusts
  std::string certificate, key;  // PEM, the client's own; "": none
  bool verify = true;            // false: any certificate will do

  bool operator==(const TlsParts&) const = default;
};

// TLS 1.2 and newer.  An error names the part that is unusable.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsParts& parts);

}  // namespace limen::http
