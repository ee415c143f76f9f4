#include "acme/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/files.h"
#include "base/log.h"

namespace limen::acme {
namespace {

constexpr size_t kLongestFile = 1 << 20;
constexpr uint32_t kFolderMode = 0700, kFileMode = 0600;
constexpr std::string_view kHead = "# directory: ";
constexpr std::string_view kKeyBegins = "-----BEGIN PRIVATE KEY-----";
constexpr std::string_view kSuffix = ".pem";

class FileLock : public Storage::Lock {
 public:
  explicit FileLock(UniqueFd file) : file_(std::move(file)) {}

 private:
  UniqueFd file_;
};

// As the name of a file.  '_' stands for '/': it is in no Kubernetes name.
std::string file_name(const std::string& name) {
  std::string result;
  for (const unsigned char c : name) {
    if (c == '/')
      result += '_';
    else if (c < 0x80 && (std::isalnum(c) != 0 || c == '-' || (c == '.' && !result.empty())))
      result += static_cast<char>(c);
    else
      result += fmt::format("%{:02X}", c);
  }
  return result;
}

Result<std::optional<std::string>> read_if_there(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::optional<std::string>();
  auto text = read_file(path, kLongestFile);
  if (!text) return text.error();
  return std::optional<std::string>(std::move(*text));
}

Status write(const std::string& folder, const std::string& name, const std::string& text) {
  if (Status made = make_folder(folder, kFolderMode); !made) return made;
  return write_file(folder + "/" + name, text, kFileMode);
}

}  // namespace

Result<std::optional<std::string>> FolderStorage::account_key(const std::string& account) {
  return read_if_there(folder_ + "/accounts/" + file_name(account) + std::string(kSuffix));
}

void FolderStorage::save_account_key(const std::string& account, const std::string& pem,
                                     Saved saved) {
  saved(write(folder_ + "/accounts", file_name(account) + std::string(kSuffix), pem));
}

// One file: the CA as a comment, the chain, the key.
Result<std::optional<StoredCertificate>> FolderStorage::certificate(const std::string& name) {
  const std::string path = folder_ + "/certificates/" + file_name(name) + std::string(kSuffix);
  const auto text = read_if_there(path);
  if (!text) return text.error();
  if (!*text) return std::optional<StoredCertificate>();
  const std::string& all = **text;
  const size_t line_end = all.find('\n');
  const size_t key = all.find(kKeyBegins);
  if (!all.starts_with(kHead) || line_end == std::string::npos || key == std::string::npos ||
      key < line_end)
    return Error{path + " is no file that Limen wrote: remove it"};
  StoredCertificate stored;
  stored.directory = all.substr(kHead.size(), line_end - kHead.size());
  stored.pair = {all.substr(line_end + 1, key - line_end - 1), all.substr(key)};
  return std::optional<StoredCertificate>(std::move(stored));
}

void FolderStorage::save_certificate(const std::string& name, const StoredCertificate& certificate,
                                     Saved saved) {
  const pki::KeyPair& pair = certificate.pair;
  saved(write(folder_ + "/certificates", file_name(name) + std::string(kSuffix),
              fmt::format("{}{}\n{}{}{}", kHead, certificate.directory, pair.certificate,
                          pair.certificate.ends_with('\n') ? "" : "\n", pair.key)));
}

std::string FolderStorage::failures(const std::string& name) {
  auto text = read_if_there(folder_ + "/failures/" + file_name(name));
  return text && *text ? std::move(**text) : std::string();
}

void FolderStorage::save_failures(const std::string& name, const std::string& text) {
  const std::string folder = folder_ + "/failures";
  std::error_code ignored;
  if (text.empty())
    std::filesystem::remove(folder + "/" + file_name(name), ignored);
  else if (Status written = write(folder, file_name(name), text); !written)
    log::warn("acme", "{}", written.error().message);
}

Result<std::unique_ptr<Storage::Lock>> FolderStorage::lock(const std::string& name) {
  const std::string folder = folder_ + "/locks";
  if (Status made = make_folder(folder, kFolderMode); !made) return made.error();
  const std::string path = folder + "/" + file_name(name);
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (!file.valid()) return Error{"cannot make " + path};
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return std::unique_ptr<Lock>();
  return std::unique_ptr<Lock>(std::make_unique<FileLock>(std::move(file)));
}

std::vector<std::string> FolderStorage::names() const {
  std::vector<std::string> result;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/certificates", error)) {
    std::string name = entry.path().filename();
    if (!name.ends_with(kSuffix) || name.starts_with('.')) continue;
    name.resize(name.size() - kSuffix.size());
    std::replace(name.begin(), name.end(), '_', '/');
    result.push_back(std::move(name));
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace limen::acme
