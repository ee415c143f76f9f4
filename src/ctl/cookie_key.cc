#include "ctl/cookie_key.h"

#include "base/files.h"
#include "infra/authority/cookie_secret.h"

namespace limen::ctl {
namespace {

constexpr size_t kLongest = 4096;

std::string file_in(const std::string& state_dir) { return state_dir + "/cookie-key"; }

}  // namespace

std::optional<std::string> read_cookie_key(const std::string& state_dir) {
  Result<std::string> key = read_file(file_in(state_dir), kLongest);
  if (!key || !infra::is_cookie_key(*key)) return std::nullopt;
  return std::move(*key);
}

Status write_cookie_key(const std::string& state_dir, const std::string& key) {
  return write_file(file_in(state_dir), key, 0600);
}

Result<std::string> keep_cookie_key(const std::string& state_dir) {
  if (auto key = read_cookie_key(state_dir)) return std::move(*key);
  std::string key = infra::make_cookie_key();
  if (Status written = write_cookie_key(state_dir, key); !written) return written.error();
  return key;
}

}  // namespace limen::ctl
