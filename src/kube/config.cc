#include "kube/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "kube/kubeconfig.h"

namespace limen::kube {
namespace {

constexpr size_t kMaxFileBytes = 1u << 20;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string trimmed(std::string text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

Status check_readable(const Config& config) {
  for (const TextOrFile* each : {&config.ca, &config.certificate, &config.key, &config.token}) {
    if (each->empty()) continue;
    const Result<std::string> text = each->read();
    if (!text) return with_context(text.error(), config.source);
    if (text->empty()) return Error{fmt::format("{}: {} is empty", config.source, each->file)};
  }
  return {};
}

Result<Config> checked(Result<Config> config) {
  if (!config) return config;
  if (Status readable = check_readable(*config); !readable) return readable.error();
  return config;
}

}  // namespace

Result<std::string> TextOrFile::read() const {
  if (file.empty()) return text;
  Result<std::string> content = read_file(file, kMaxFileBytes);
  if (!content) return content.error();
  return trimmed(std::move(*content));
}

std::string Config::authority() const {
  return host.find(':') == std::string::npos ? host + ":" + port
                                             : fmt::format("[{}]:{}", host, port);
}

Result<Config> find_config(const ConfigPlaces& places) {
  if (!places.kubeconfig.empty()) return load_kubeconfig(places.kubeconfig);
  if (const std::string file = environment("KUBECONFIG"); !file.empty()) {
    if (file.find(':') != std::string::npos)
      return Error{"KUBECONFIG names several files: name one with --kubeconfig"};
    return load_kubeconfig(file);
  }
  if (!environment("KUBERNETES_SERVICE_HOST").empty()) return in_cluster(places.service_account);
  const std::string file = environment("HOME") + "/.kube/config";
  if (::access(file.c_str(), F_OK) == 0) return load_kubeconfig(file);
  return Error{fmt::format(
      "there is no Kubernetes API server to talk to: not in a pod, KUBECONFIG is not set "
      "and {} does not exist; name a file with --kubeconfig",
      file)};
}

Result<Config> load_kubeconfig(const std::string& file) {
  const Result<std::string> text = read_file(file, kMaxFileBytes);
  if (!text) return text.error();
  return checked(parse_kubeconfig(
      *text, file, std::filesystem::absolute(file).parent_path().lexically_normal().string()));
}

Result<Config> in_cluster(const std::string& service_account) {
  Config config;
  config.source = "the pod's service account";
  config.host = environment("KUBERNETES_SERVICE_HOST");
  config.port = environment("KUBERNETES_SERVICE_PORT");
  if (config.host.empty() || config.port.empty()) {
    return Error{
        "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must both be set, as they are in a pod"};
  }
  config.ca.file = service_account + "/ca.crt";
  config.token.file = service_account + "/token";
  TextOrFile name_space;
  name_space.file = service_account + "/namespace";
  if (const auto name = name_space.read()) config.name_space = *name;
  return checked(std::move(config));
}

}  // namespace limen::kube
