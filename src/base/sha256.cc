#include "base/sha256.h"

#include <absl/strings/escaping.h>
#include <openssl/sha.h>

namespace limen {

std::string sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string digest_name(std::string_view bytes) {
  return absl::BytesToHexString(sha256(bytes).substr(0, SHA256_DIGEST_LENGTH / 2));
}

}  // namespace limen
