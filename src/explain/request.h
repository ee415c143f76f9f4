// A request as `limen explain` is asked about it.  Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace limen::explain {

struct Request {
  bool https = false;
  std::string host;  // lower case, without the port
  int port = 0;
  std::string path;   // dot segments resolved and slashes merged, as our listeners do
  std::string query;  // without '?'
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case

  // The values of a header (also ":method", ":path"), joined by commas as Envoy does.
  // nullopt: it has none.
  std::optional<std::string> header(const std::string& name) const;
  // The first value of a query parameter, as it is written.
  std::optional<std::string> query_parameter(const std::string& name) const;
};

// `headers`: "Name: value".  A Host header takes the place of the URL's host.
Result<Request> make_request(const std::string& url, const std::string& method,
                             const std::vector<std::string>& headers);

}  // namespace limen::explain
