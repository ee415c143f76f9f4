// Where account keys and certificates are kept.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pki/authority.h"

namespace limen::acme {

struct StoredCertificate {
  pki::KeyPair pair;      // the certificate with its chain
  std::string directory;  // URL of the CA that it is from

  bool operator==(const StoredCertificate&) const = default;
};

// On the loop's thread.  Names of certificates are "<namespace>/<name>".
class Storage {
 public:
  // Held by whoever obtains a certificate.
  class Lock {
   public:
    virtual ~Lock() = default;
  };
  using Saved = std::function<void(Status)>;  // once; maybe before the call returns

  virtual ~Storage() = default;

  // PEM; nullopt: there is none.
  virtual Result<std::optional<std::string>> account_key(const std::string& account) = 0;
  virtual void save_account_key(const std::string& account, const std::string& pem,
                                Saved saved) = 0;

  virtual Result<std::optional<StoredCertificate>> certificate(const std::string& name) = 0;
  virtual void save_certificate(const std::string& name, const StoredCertificate& certificate,
                                Saved saved) = 0;

  // What Upkeep remembers of failures (failures.h); "": nothing.  It may get lost.
  virtual std::string failures(const std::string& name) = 0;
  virtual void save_failures(const std::string& name, const std::string& text) = 0;

  // nullptr: somebody else holds it, here or on another machine; try again.
  virtual Result<std::unique_ptr<Lock>> lock(const std::string& name) = 0;
};

// In a folder, which other machines may share: files are replaced as a whole, and locks are
// flock()'s.  Readable by their owner alone.
class FolderStorage : public Storage {
 public:
  explicit FolderStorage(std::string folder) : folder_(std::move(folder)) {}

  Result<std::optional<std::string>> account_key(const std::string& account) override;
  void save_account_key(const std::string& account, const std::string& pem, Saved saved) override;
  Result<std::optional<StoredCertificate>> certificate(const std::string& name) override;
  void save_certificate(const std::string& name, const StoredCertificate& certificate,
                        Saved saved) override;
  std::string failures(const std::string& name) override;
  void save_failures(const std::string& name, const std::string& text) override;
  Result<std::unique_ptr<Lock>> lock(const std::string& name) override;

  // Of all certificates in it.
  std::vector<std::string> names() const;

 private:
  std::string folder_;
};

}  // namespace limen::acme
