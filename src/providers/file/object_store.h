// What the watched files say, document by document, and the objects that follow from it.  No I/O;
// one thread.
//
// Laws: a file with the same bytes costs a hash; in a changed file only changed documents are
// parsed.  A broken document leaves the last good version of its objects in force.  Of two
// documents for one object the first wins, by file name and position.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/objects.h"
#include "base/problem.h"

namespace limen::providers {

enum class Severity { kError, kWarning };

struct FileProblem {
  std::string file;
  std::string object;  // "HTTPRoute/default/shop"; "" where unknown
  Severity severity = Severity::kError;
  Problem problem;

  bool operator==(const FileProblem&) const = default;
};

class ObjectStore {
 public:
  using Clock = std::function<int64_t()>;  // unix seconds; for creationTimestamp

  explicit ObjectStore(Clock clock) : clock_(std::move(clock)) {}

  // The file now reads `text`.
  void set_file(const std::string& file, std::string_view text);
  // The file cannot be read: its objects stay in force.
  void set_unreadable(const std::string& file, const std::string& reason);
  void remove_file(const std::string& file);

  // The difference since the last call.
  api::ChangeBatch take_changes();
  // All problems of now.
  std::vector<FileProblem> problems() const;

  // Where the object in force stands: "routes.yaml:12"; "" where there is none.
  std::string location(api::Kind kind, const api::ObjectKey& key) const;

  // Kind and key of what the file says.
  std::vector<std::pair<api::Kind, api::ObjectKey>> objects_of(const std::string& file) const;

  size_t objects() const { return in_force_.size(); }
  size_t parsed_documents() const { return parsed_documents_; }
  std::vector<std::string> files() const;

 private:
  struct Identity {
    api::Kind kind;
    api::ObjectKey key;
    auto operator<=>(const Identity&) const = default;
  };
  struct Item {  // one object of a document
    Identity identity;
    std::shared_ptr<api::AnyObject>
        object;  // one place for all who keep the item: stamped when it comes in force
    int line = 0;
  };
  struct Document {
    uint64_t hash = 0;
    int line = 1;
    std::vector<Item> items;
    std::vector<FileProblem> problems;
    bool broken = false;                   // its YAML could not be read at all
    std::vector<Identity> broken_objects;  // could be named but not used
  };
  struct File {
    uint64_t hash = 0;
    std::vector<Document> documents;
    std::vector<Item> kept;          // last good versions of what is broken now
    std::map<Identity, Item> items;  // the first of each identity, `kept` last
    std::string unreadable;
    bool repeats = false;  // an identity stands in it twice
  };
  struct InForce {
    api::AnyObject object;
    int64_t generation = 0;
    int64_t created = 0;
  };

  Document parse_document(const std::string& file, std::string_view text, int line);
  void add_object(const std::string& file, const Json& value, Document& document);
  static void keep_last_good(const File& before, File& now);
  static void collect_items(File& file);
  void replace(const std::string& file, const File& before, const File& now);
  void settle(const Identity& identity);
  static bool is_troubled(const File& file);
  void note_trouble(const std::string& name, const File& file);
  void note_owners(const Identity& identity);
  void add_problems(const std::string& name, const File& file,
                    std::vector<FileProblem>& result) const;
  api::AnyObject stamp(const api::AnyObject& object, InForce& state) const;

  Clock clock_;
  std::map<std::string, File> files_;
  std::map<Identity, std::set<std::string>>
      owners_;  // files with that object, in the order of their names
  std::map<Identity, InForce> in_force_;
  std::set<Identity> touched_;
  std::set<std::string> troubled_;  // files with problems of their own
  std::set<Identity> contested_;    // in several files
  size_t parsed_documents_ = 0;
};

}  // namespace limen::providers
