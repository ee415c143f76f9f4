// Who may see a proxy's resources: denied unless shown otherwise.  Any thread.
#pragma once

#include <string>

#include "base/result.h"

namespace grpc {
class ServerContextBase;
}

namespace limen::xds {

// Over a Unix socket the file's mode has decided already; over TCP the client's certificate names
// the proxy (pki/identity.h).  The error says what is missing.
Status authorise(const grpc::ServerContextBase& peer, const std::string& transport,
                 const std::string& proxy);

}  // namespace limen::xds
