#include "providers/file/object_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/yaml.h"
#include "providers/file/unknown_kind.h"

namespace limen::providers {
namespace {

template <class F>
api::AnyObject with_copy(const api::AnyObject& object, F change) {
  return std::visit(
      [&](const auto& pointer) -> api::AnyObject {
        if constexpr (std::is_same_v<std::decay_t<decltype(pointer)>, std::monostate>) {
          return {};
        } else {
          auto copy = std::make_shared<
              std::remove_const_t<typename std::decay_t<decltype(pointer)>::element_type>>(
              *pointer);
          change(copy->metadata);
          return std::shared_ptr<const std::decay_t<decltype(*copy)>>(std::move(copy));
        }
      },
      object);
}

bool equal_objects(const api::AnyObject& a, const api::AnyObject& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& pointer) {
        using Pointer = std::decay_t<decltype(pointer)>;
        if constexpr (std::is_same_v<Pointer, std::monostate>) {
          return true;
        } else {
          return *pointer == *std::get<Pointer>(b);
        }
      },
      a);
}

bool is_list(const Json& value) {
  return value.is_object() && value.text("kind").ends_with("List") &&
         value.find("items") != nullptr;
}

// "HTTPRoute/default/shop", as far as the document says it.
std::string label_of(const api::ParsedObject& parsed) {
  if (parsed.type.empty() && parsed.key.name.empty()) return "";
  const std::string type = parsed.type.empty() ? "(no kind)" : parsed.type;
  return fmt::format("{}/{}", type, parsed.key.name.empty() ? "(no name)" : parsed.key.text());
}

}  // namespace

void ObjectStore::set_file(const std::string& file, std::string_view text) {
  const uint64_t hash = hash_bytes(text);
  File& slot = files_[file];
  if (slot.hash == hash && slot.unreadable.empty() && !slot.documents.empty()) return;
  const File before = std::move(slot);
  File now;
  now.hash = hash;
  std::multimap<uint64_t, const Document*> known;
  for (const Document& document : before.documents) known.emplace(document.hash, &document);
  for (const YamlChunk& chunk : split_yaml(text)) {
    const auto it = known.find(hash_bytes(chunk.text));
    if (it == known.end()) {
      now.documents.push_back(parse_document(file, chunk.text, chunk.line));
      continue;
    }
    now.documents.push_back(*it->second);  // the same text; its lines may have moved
    Document& document = now.documents.back();
    for (FileProblem& problem : document.problems)
      problem.problem.line += chunk.line - document.line;
    document.line = chunk.line;
  }
  keep_last_good(before, now);
  collect_items(now);
  replace(file, before, now);
  slot = std::move(now);
  note_trouble(file, slot);
}

void ObjectStore::set_unreadable(const std::string& file, const std::string& reason) {
  files_[file].unreadable = reason;
  note_trouble(file, files_[file]);
}

void ObjectStore::remove_file(const std::string& file) {
  const auto it = files_.find(file);
  if (it == files_.end()) return;
  replace(file, it->second, {});
  files_.erase(it);
  troubled_.erase(file);
}

std::vector<std::string> ObjectStore::files() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

ObjectStore::Document ObjectStore::parse_document(const std::string& file, std::string_view text,
                                                  int line) {
  ++parsed_documents_;
  Document document;
  document.hash = hash_bytes(text);
  document.line = line;
  const auto parsed = parse_yaml_chunk({text, line});
  if (!parsed) return document;
  if (parsed->problem) {
    document.broken = true;
    document.problems.push_back({file, "", Severity::kError, *parsed->problem});
    return document;
  }
  if (!is_list(parsed->value)) {
    add_object(file, parsed->value, document);
    return document;
  }
  const Json& items = *parsed->value.find("items");
  if (!items.is_array()) {
    document.problems.push_back(
        {file,
         "",
         Severity::kError,
         {"WrongType", "items", "must be a list: begin each entry with '- '", items.line()}});
    return document;
  }
  for (const Json& item : items.as_array()) add_object(file, item, document);
  return document;
}

void ObjectStore::add_object(const std::string& file, const Json& value, Document& document) {
  api::ParsedObject parsed = api::parse_object(value);
  const std::string name = label_of(parsed);
  if (parsed.kind == nullptr && parsed.problems.empty()) {
    document.problems.push_back(
        {file,
         name,
         Severity::kWarning,
         {"UnknownKind", "kind", unknown_kind(value.text("apiVersion"), parsed.type),
          value.line()}});
    return;
  }
  for (Problem& problem : parsed.problems)
    document.problems.push_back({file, name, Severity::kError, std::move(problem)});
  if (parsed.kind == nullptr) return;
  const Identity identity{parsed.kind->kind, parsed.key};
  if (std::holds_alternative<std::monostate>(parsed.object)) {
    document.broken_objects.push_back(identity);
  } else {
    document.items.push_back(
        {identity, std::make_shared<api::AnyObject>(std::move(parsed.object)), value.line()});
  }
}

// What was good before and is broken now stays in force in its last good version.
void ObjectStore::keep_last_good(const File& before, File& now) {
  const bool any_broken = std::any_of(now.documents.begin(), now.documents.end(),
                                      [](const auto& d) { return d.broken; });
  std::set<Identity> good, broken;
  for (const Document& document : now.documents) {
    for (const Item& item : document.items) good.insert(item.identity);
    broken.insert(document.broken_objects.begin(), document.broken_objects.end());
  }
  for (const auto& [identity, item] : before.items) {
    if (good.contains(identity)) continue;
    if (any_broken || broken.contains(identity)) now.kept.push_back(item);
  }
}

void ObjectStore::collect_items(File& file) {
  for (const Document& document : file.documents) {
    for (const Item& item : document.items)
      file.repeats |= !file.items.emplace(item.identity, item).second;
  }
  for (const Item& item : file.kept) file.items.emplace(item.identity, item);
}

// Notes what differs.  Unchanged documents share their objects, so a pointer tells.
void ObjectStore::replace(const std::string& file, const File& before, const File& now) {
  for (const auto& [identity, item] : before.items) {
    if (now.items.contains(identity)) continue;
    owners_[identity].erase(file);
    note_owners(identity);
  }
  for (const auto& [identity, item] : now.items) {
    const auto it = before.items.find(identity);
    if (it != before.items.end() && it->second.object == item.object) continue;
    owners_[identity].insert(file);
    note_owners(identity);
  }
}

void ObjectStore::note_owners(const Identity& identity) {
  touched_.insert(identity);
  if (owners_.at(identity).size() > 1)
    contested_.insert(identity);
  else
    contested_.erase(identity);
}

bool ObjectStore::is_troubled(const File& file) {
  const auto has_problems = [](const Document& document) { return !document.problems.empty(); };
  return !file.unreadable.empty() || file.repeats ||
         std::any_of(file.documents.begin(), file.documents.end(), has_problems);
}

void ObjectStore::note_trouble(const std::string& name, const File& file) {
  if (is_troubled(file))
    troubled_.insert(name);
  else
    troubled_.erase(name);
}

api::ChangeBatch ObjectStore::take_changes() {
  api::ChangeBatch changes;
  for (const Identity& identity : std::exchange(touched_, {})) {
    const auto before = in_force_.find(identity);
    const api::AnyObject old = before == in_force_.end() ? api::AnyObject() : before->second.object;
    settle(identity);
    const auto now = in_force_.find(identity);
    const api::AnyObject current = now == in_force_.end() ? api::AnyObject() : now->second.object;
    if (!equal_objects(old, current)) changes.push_back({identity.kind, identity.key, current});
  }
  return changes;
}

void ObjectStore::settle(const Identity& identity) {
  const auto owners = owners_.find(identity);
  if (owners == owners_.end() || owners->second.empty()) {
    owners_.erase(identity);
    in_force_.erase(identity);
    return;
  }
  api::AnyObject& object = *files_.at(*owners->second.begin()).items.at(identity).object;
  InForce& state = in_force_[identity];
  object = state.object = stamp(object, state);
}

// Gives the object its generation and creation time.
api::AnyObject ObjectStore::stamp(const api::AnyObject& object, InForce& state) const {
  const auto stamped = [&](int64_t generation) {
    return with_copy(object, [&](api::ObjectMeta& metadata) {
      metadata.generation = generation;
      if (metadata.creation_timestamp.unix_seconds == 0)
        metadata.creation_timestamp.unix_seconds = state.created;
    });
  };
  if (state.created == 0) state.created = clock_();
  api::AnyObject same = stamped(state.generation);
  if (state.generation > 0 && equal_objects(same, state.object)) return same;
  return stamped(++state.generation);
}

std::string ObjectStore::location(api::Kind kind, const api::ObjectKey& key) const {
  const auto owners = owners_.find({kind, key});
  if (owners == owners_.end() || owners->second.empty()) return {};
  const std::string& file = *owners->second.begin();
  return fmt::format("{}:{}", file, files_.at(file).items.at({kind, key}).line);
}

std::vector<FileProblem> ObjectStore::problems() const {
  std::set<std::string> names = troubled_;
  for (const Identity& identity : contested_)
    names.insert(owners_.at(identity).begin(), owners_.at(identity).end());
  std::vector<FileProblem> result;
  for (const std::string& name : names) add_problems(name, files_.at(name), result);
  return result;
}

void ObjectStore::add_problems(const std::string& name, const File& file,
                               std::vector<FileProblem>& result) const {
  if (!file.unreadable.empty())
    result.push_back({name, "", Severity::kError, {"Unreadable", "", file.unreadable, 0}});
  std::set<Identity> seen;
  for (const Document& document : file.documents) {
    result.insert(result.end(), document.problems.begin(), document.problems.end());
    for (const Item& item : document.items) {
      const std::string& first = *owners_.at(item.identity).begin();
      if (first == name && seen.insert(item.identity).second) continue;
      result.push_back(
          {name,
           api::text_of(api::info(item.identity.kind), item.identity.key),
           Severity::kError,
           {"Duplicate", "metadata.name",
            fmt::format("the object stands {} too, and the first one counts: rename or remove one",
                        first == name ? "further up" : "in " + first),
            item.line}});
    }
  }
}

}  // namespace limen::providers
