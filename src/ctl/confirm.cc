// `limen confirm`: tells the `limen run` of a state folder that what it holds was meant to go.
#include <fmt/format.h>

#include "base/yaml.h"
#include "ctl/commands.h"
#include "ctl/status_socket.h"

namespace limen::ctl {

int confirm(const std::string& state_dir) {
  const Result<std::string> text = ask_status_socket(status_socket_of(state_dir), "confirm");
  if (!text) {
    fmt::print(stderr, "limen: {}\n", text.error().message);
    return kFailed;
  }
  const auto documents = parse_yaml(*text);
  if (documents.empty() || documents[0].problem) {
    fmt::print(stderr, "limen: the answer of `limen run` can't be read\n");
    return kFailed;
  }
  const Json* withdrawn = documents[0].value.find("withdrawn");
  if (withdrawn == nullptr) {
    fmt::print(stderr, "limen: nothing is held\n");
    return kInvalid;
  }
  for (const Json& object : withdrawn->as_array())
    fmt::print("withdrawn: {}\n", object.as_string());
  return kOk;
}

}  // namespace limen::ctl
