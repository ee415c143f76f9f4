// What the watched files say, document by document, and the objects that follow from it.  No I/O;
// one thread.
//
// Laws: a file with the same bytes costs a hash; in a changed file only changed documents are
// parsed.  A broken document leaves the last good version of its objects in force.  Of two
// documents for one object the first wins, by file name and position.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>
#include <absl/container/node_hash_map.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/objects.h"
#include "providers/problem.h"

namespace limen::providers {

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
  std::vector<ObjectProblem> problems() const;

  // Where the object in force stands: "routes.yaml:12"; "" where there is none.
  std::string location(api::Kind kind, const api::ObjectKey& key) const;

  // Kind and key of what the file says.
  std::vector<std::pair<api::Kind, api::ObjectKey>> objects_of(const std::string& file) const;

  size_t objects() const { return objects_.size(); }
  size_t parsed_documents() const { return parsed_documents_; }
  std::vector<std::string> files() const;

 private:
  struct Identity {
    api::Kind kind;
    api::ObjectKey key;
    auto operator<=>(const Identity&) const = default;
    template <class H>
    friend H AbslHashValue(H hash, const Identity& identity) {
      return H::combine(std::move(hash), identity.kind, identity.key);
    }
  };
  struct File;
  struct Object;
  using ObjectEntry = std::pair<const Identity, Object>;

  // One object of a file.
  struct Item {
    ObjectEntry* entry;
    api::AnyObject object;  // stamped when it comes in force
    int line = 0;
    bool kept = false;  // the last good version of what is broken now, or its stand-in
  };
  // Where an object stands: the first item of its identity in a file.
  struct Place {
    const File* file;
    uint32_t item;  // in File::items
  };
  // All that is known of an identity.  Exists as long as a file has it.
  struct Object {
    api::AnyObject in_force;
    int64_t generation = 0;
    int64_t created = 0;
    absl::InlinedVector<Place, 1> places;  // one a file, by file name: the first counts
  };
  // What is wrong with a document; most have nothing.
  struct Trouble {
    std::vector<ObjectProblem> problems;
    std::vector<Identity> broken_objects;  // could be named but not used
    std::vector<Item> stand_ins;           // for some of these, where there is no good version
    bool unreadable = false;               // its YAML could not be read at all
  };
  struct Document {
    uint64_t hash = 0;
    int line = 1;
    uint32_t items = 0;  // how many of the file's, in order
    std::unique_ptr<Trouble> trouble;
  };
  struct File {
    Text name;
    uint64_t hash = 0;
    bool repeats = false;  // an identity stands in it twice
    Text unreadable;       // why; "": it was read
    absl::InlinedVector<Document, 1> documents;
    absl::InlinedVector<Item, 1> items;  // of the documents, then the kept ones
  };

  // A document's items go to the end of `file`'s.
  void parse_document(std::string_view text, int line, File& file);
  void add_object(const Json& value, File& file, Trouble& trouble);
  static void take_over(Document& document, size_t first_item, int line, File& before, File& now);
  void keep_last_good(File& before, File& now) const;
  void replace(File& file, File now);
  void add_places(File& file);
  void drop_places(const File& file);
  void touch(const ObjectEntry& entry);
  void settle(ObjectEntry& entry);
  static bool is_troubled(const File& file);
  void note_trouble(const File& file);
  static void add_problems(const File& file, std::vector<ObjectProblem>& result);
  void stamp(Item& item, Object& object) const;

  Clock clock_;
  absl::node_hash_map<Text, File> files_;
  absl::node_hash_map<Identity, Object> objects_;
  std::vector<Identity> touched_;
  std::set<Text> troubled_;       // files with problems of their own
  std::set<Identity> contested_;  // in several files
  size_t parsed_documents_ = 0;
};

}  // namespace limen::providers
