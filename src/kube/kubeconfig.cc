#include "kube/kubeconfig.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "base/yaml.h"

namespace limen::kube {
namespace {

// One file being read; collects the first error.
class Reader {
 public:
  Reader(const std::string& file, const std::string& folder) : file_(file), folder_(folder) {}

  Result<Config> read(const Json& document);

 private:
  // The member `field` of the entry `name` in the list `list`: {clusters, "a", cluster}.
  const Json* entry(const Json& document, const std::string& list, std::string_view name,
                    const char* field);
  void read_server(const Json& cluster, const std::string& path, Config& config);
  void read_cluster(const Json& cluster, const std::string& path, Config& config);
  void read_user(const Json& user, const std::string& path, Config& config);
  TextOrFile text_or_file(const Json& owner, const std::string& path, const std::string& file_field,
                          const std::string& data_field);

  void refuse(const Json* at, const std::string& path, const std::string& message) {
    if (!error_.message.empty()) return;
    const std::string line = at != nullptr && at->line() > 0 ? fmt::format(":{}", at->line()) : "";
    error_.message = fmt::format("{}{}: {}: {}", file_, line, path, message);
  }
  void refuse_field(const Json& owner, const std::string& path, const char* field,
                    const char* message) {
    if (const Json* member = owner.find(field)) refuse(member, path + "." + field, message);
  }

  std::string file_, folder_;
  Error error_;
};

const Json* Reader::entry(const Json& document, const std::string& list, std::string_view name,
                          const char* field) {
  const Json* entries = document.find(list);
  if (entries != nullptr && entries->is_array()) {
    for (const Json& each : entries->as_array()) {
      if (each.text("name") == name) return each.find(field);
    }
  }
  refuse(entries, list, fmt::format("has no entry named '{}'", name));
  return nullptr;
}

Result<Config> Reader::read(const Json& document) {
  Config config;
  const std::string_view current = document.text("current-context");
  if (current.empty())
    refuse(&document, "current-context", "is missing: it says which context to use");
  config.source = fmt::format("{} (context {})", file_, current);
  const std::string name(current);
  if (const Json* context =
          error_.message.empty() ? entry(document, "contexts", name, "context") : nullptr) {
    if (!context->text("namespace").empty()) config.name_space = context->text("namespace");
    const std::string cluster(context->text("cluster")), user(context->text("user"));
    if (const Json* found = entry(document, "clusters", cluster, "cluster"))
      read_cluster(*found, fmt::format("clusters[{}].cluster", cluster), config);
    if (const Json* found = user.empty() ? nullptr : entry(document, "users", user, "user"))
      read_user(*found, fmt::format("users[{}].user", user), config);
  }
  if (!error_.message.empty()) return error_;
  return config;
}

void Reader::read_server(const Json& cluster, const std::string& path, Config& config) {
  std::string server(cluster.text("server"));
  const Json* at = cluster.find("server");
  constexpr std::string_view kScheme = "https://";
  if (!server.starts_with(kScheme))
    return refuse(at, path + ".server", fmt::format("'{}' must begin with https://", server));
  server.erase(0, kScheme.size());
  if (const size_t slash = server.find('/'); slash != std::string::npos) {
    config.path = server.substr(slash);
    server.resize(slash);
    while (config.path.ends_with('/')) config.path.pop_back();
  }
  const size_t bracket = server.find(']');
  const size_t colon = server.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon != std::string::npos) {
    config.port = server.substr(colon + 1);
    server.resize(colon);
  }
  if (server.starts_with('[') && server.ends_with(']'))
    server = server.substr(1, server.size() - 2);
  config.host = server;
  const bool is_number = config.port.find_first_not_of("0123456789") == std::string::npos;
  if (server.empty() || config.port.empty() || !is_number)
    refuse(at, path + ".server", "must be https://HOST[:PORT][/PATH]");
}

void Reader::read_cluster(const Json& cluster, const std::string& path, Config& config) {
  read_server(cluster, path, config);
  const Json* skip = cluster.find("insecure-skip-tls-verify");
  if (skip != nullptr && (!skip->is_bool() || skip->as_bool())) {
    refuse(skip, path + ".insecure-skip-tls-verify",
           "is not supported: name the server's authority in certificate-authority");
  }
  refuse_field(cluster, path, "proxy-url", "is not supported");
  config.tls_name = cluster.text("tls-server-name");
  config.ca = text_or_file(cluster, path, "certificate-authority", "certificate-authority-data");
}

void Reader::read_user(const Json& user, const std::string& path, Config& config) {
  constexpr char kOthers[] = "is not supported: use a token, a tokenFile or a client certificate";
  for (const char* field : {"exec", "auth-provider", "username", "password"})
    refuse_field(user, path, field, kOthers);
  config.certificate = text_or_file(user, path, "client-certificate", "client-certificate-data");
  config.key = text_or_file(user, path, "client-key", "client-key-data");
  if (config.certificate.empty() != config.key.empty())
    refuse(&user, path,
           "client-certificate and client-key belong together: one of them is missing");
  config.token.text = user.text("token");
  const std::string_view token_file = user.text("tokenFile");
  if (!token_file.empty())  // beats the token, as in client-go
    config.token = {"", token_file.starts_with('/') ? std::string(token_file)
                                                    : fmt::format("{}/{}", folder_, token_file)};
}

TextOrFile Reader::text_or_file(const Json& owner, const std::string& path,
                                const std::string& file_field, const std::string& data_field) {
  const std::string_view data = owner.text(data_field);
  if (!data.empty()) {  // beats the file, as in client-go
    const auto decoded = decode_base64(data);
    if (!decoded) refuse(owner.find(data_field), path + "." + data_field, "is not base64");
    return {decoded.value_or(""), ""};
  }
  const std::string file(owner.text(file_field));
  if (file.empty() || file.starts_with('/')) return {"", file};
  return {"", folder_ + "/" + file};
}

}  // namespace

Result<Config> parse_kubeconfig(std::string_view text, const std::string& file,
                                const std::string& folder) {
  const std::vector<YamlDocument> documents = parse_yaml(text);
  if (documents.empty()) return Error{file + ": is empty"};
  if (const auto& problem = documents[0].problem)
    return Error{fmt::format("{}:{}: {}", file, problem->line, problem->message)};
  return Reader(file, folder).read(documents[0].value);
}

}  // namespace limen::kube
