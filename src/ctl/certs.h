// Where `limen certgen` puts what; `run` and `bootstrap` look there.
#pragma once

#include <string>

namespace limen::ctl {

struct PairFiles {
  std::string certificate, key;
};

PairFiles authority_files(const std::string& folder);
PairFiles server_files(const std::string& folder);
// `proxy`: "<namespace>/<gateway>", or a GatewayClass's name.
PairFiles proxy_files(const std::string& folder, const std::string& proxy);

}  // namespace limen::ctl
