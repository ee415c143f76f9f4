// Unix sockets that no Backend may name: behind those of Limen's own folders are Envoy's admin
// interface and the xDS server, and who may write Backends must not be let in there.
#pragma once

#include <string>
#include <vector>

namespace limen::translate {

// Whether `path`, once "." and ".." are gone, is in one of the folders, or in /proc or /dev/fd,
// where any folder has other names, or is relative to where Envoy was started.  Links that an
// administrator makes are not followed.
bool is_closed_path(const std::vector<std::string>& folders, const std::string& path);

}  // namespace limen::translate
