#include "providers/file/object_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/yaml.h"
#include "providers/file/stand_in.h"
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

void ObjectStore::set_file(const std::string& name, std::string_view text) {
  const uint64_t hash = hash_bytes(text);
  File& file = files_[name];
  if (file.hash == hash && file.unreadable.empty() && !file.documents.empty()) return;
  File now;
  now.name = name;
  now.hash = hash;
  std::multimap<uint64_t, std::pair<Document*, size_t>> known;
  size_t first_item = 0;
  for (Document& document : file.documents) {
    known.emplace(document.hash, std::pair(&document, first_item));
    first_item += document.items;
  }
  for (const YamlChunk& chunk : split_yaml(text)) {
    const auto it = known.find(hash_bytes(chunk.text));
    if (it == known.end()) {
      parse_document(chunk.text, chunk.line, now);
    } else {
      take_over(*it->second.first, it->second.second, chunk.line, file, now);
    }
  }
  keep_last_good(file, now);
  replace(file, std::move(now));
}

void ObjectStore::set_unreadable(const std::string& name, const std::string& reason) {
  File& file = files_[name];
  file.name = name;
  file.unreadable = reason;
  note_trouble(file);
}

void ObjectStore::remove_file(const std::string& name) {
  const auto it = files_.find(Text(name));
  if (it == files_.end()) return;
  drop_places(it->second);
  troubled_.erase(it->first);
  files_.erase(it);
}

std::vector<std::string> ObjectStore::files() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::pair<api::Kind, api::ObjectKey>> ObjectStore::objects_of(
    const std::string& name) const {
  std::vector<std::pair<api::Kind, api::ObjectKey>> objects;
  const auto it = files_.find(Text(name));
  if (it == files_.end()) return objects;
  for (const Item& item : it->second.items)
    objects.emplace_back(item.entry->first.kind, item.entry->first.key);
  return objects;
}

void ObjectStore::parse_document(std::string_view text, int line, File& file) {
  ++parsed_documents_;
  const size_t first_item = file.items.size();
  Trouble trouble;
  const auto parsed = parse_yaml_chunk({text, line});
  if (parsed && parsed->problem) {
    trouble.unreadable = true;
    trouble.problems.push_back({file.name, "", Severity::kError, *parsed->problem});
  } else if (parsed && !is_list(parsed->value)) {
    add_object(parsed->value, file, trouble);
  } else if (parsed) {
    const Json& items = *parsed->value.find("items");
    if (items.is_array()) {
      for (const Json& item : items.as_array()) add_object(item, file, trouble);
    } else {
      trouble.problems.push_back(
          {file.name,
           "",
           Severity::kError,
           {"WrongType", "items", "must be a list: begin each entry with '- '", items.line()}});
    }
  }
  Document document{hash_bytes(text), line, 0, nullptr};
  document.items = static_cast<uint32_t>(file.items.size() - first_item);
  if (!trouble.problems.empty() || !trouble.broken_objects.empty())
    document.trouble = std::make_unique<Trouble>(std::move(trouble));
  file.documents.push_back(std::move(document));
}

void ObjectStore::add_object(const Json& value, File& file, Trouble& trouble) {
  api::ParsedObject parsed = api::parse_object(value);
  const std::string name = label_of(parsed);
  if (parsed.kind == nullptr && parsed.problems.empty()) {
    trouble.problems.push_back(
        {file.name,
         name,
         Severity::kWarning,
         {"UnknownKind", "kind", unknown_kind(value.text("apiVersion"), parsed.type),
          value.line()}});
    return;
  }
  for (Problem& problem : parsed.problems)
    trouble.problems.push_back({file.name, name, Severity::kError, std::move(problem)});
  for (Problem& remark : parsed.remarks)
    trouble.problems.push_back({file.name, name, Severity::kWarning, std::move(remark)});
  if (parsed.kind == nullptr) return;
  Identity identity{parsed.kind->kind, std::move(parsed.key)};
  if (std::holds_alternative<std::monostate>(parsed.object)) {
    api::AnyObject stand_in = stand_in_for(identity.kind, value);
    trouble.broken_objects.push_back(identity);
    if (std::holds_alternative<std::monostate>(stand_in)) return;
    ObjectEntry& entry = *objects_.try_emplace(std::move(identity)).first;
    trouble.stand_ins.push_back({&entry, std::move(stand_in), value.line(), true});
  } else {
    ObjectEntry& entry = *objects_.try_emplace(std::move(identity)).first;
    file.items.push_back({&entry, std::move(parsed.object), value.line(), false});
  }
}

// The same text as before: nothing is parsed, only the lines may have moved.
void ObjectStore::take_over(Document& document, size_t first_item, int line, File& before,
                            File& now) {
  const int moved = line - document.line;
  Document same{document.hash, line, document.items, nullptr};
  if (document.trouble != nullptr) {
    same.trouble = std::make_unique<Trouble>(*document.trouble);
    for (ObjectProblem& problem : same.trouble->problems) problem.problem.line += moved;
  }
  now.documents.push_back(std::move(same));
  for (size_t i = first_item; i < first_item + document.items; ++i) {
    now.items.push_back(before.items[i]);
    now.items.back().line += moved;
  }
}

// What was good before and is broken now stays in force in its last good version; for what never
// was its stand-in is.
void ObjectStore::keep_last_good(File& before, File& now) const {
  std::set<Identity> good, broken;
  bool any_unreadable = false;
  for (const Document& document : now.documents) {
    if (document.trouble == nullptr) continue;
    any_unreadable |= document.trouble->unreadable;
    broken.insert(document.trouble->broken_objects.begin(), document.trouble->broken_objects.end());
  }
  if (!any_unreadable && broken.empty()) return;
  for (const Item& item : now.items) good.insert(item.entry->first);
  for (const Item& item : before.items) {
    const Identity& identity = item.entry->first;
    if (!any_unreadable && !broken.contains(identity)) continue;
    if (broken.contains(identity) && is_stand_in(item.object)) continue;  // there is a newer one
    if (!good.insert(identity).second) continue;
    now.items.push_back(item);
    now.items.back().kept = true;
  }
  for (const Document& document : now.documents) {
    if (document.trouble == nullptr) continue;
    for (const Item& item : document.trouble->stand_ins) {
      if (good.insert(item.entry->first).second) now.items.push_back(item);
    }
  }
}

// Unchanged documents share their objects, so a pointer tells what differs.
void ObjectStore::replace(File& file, File now) {
  absl::flat_hash_map<const ObjectEntry*, api::AnyObject> before;
  for (Item& item : file.items) before.try_emplace(item.entry, item.object);
  const size_t touched = touched_.size();
  drop_places(file);
  touched_.resize(touched);
  file = std::move(now);
  add_places(file);
  for (const Item& item : file.items) {
    const auto it = before.find(item.entry);
    if (it == before.end() || it->second != item.object) touch(*item.entry);
    if (it != before.end()) before.erase(it);
  }
  for (const auto& [entry, object] : before) touch(*entry);
  note_trouble(file);
}

void ObjectStore::add_places(File& file) {
  const auto is_before = [](const Place& a, const Place& b) { return a.file->name < b.file->name; };
  for (uint32_t i = 0; i < file.items.size(); ++i) {
    ObjectEntry& entry = *file.items[i].entry;
    auto& places = entry.second.places;
    const Place place{&file, i};
    const auto it = std::lower_bound(places.begin(), places.end(), place, is_before);
    if (it != places.end() && it->file == &file) {
      file.repeats = true;
      continue;
    }
    places.insert(it, place);
    if (places.size() > 1) contested_.insert(entry.first);
  }
}

void ObjectStore::drop_places(const File& file) {
  for (const Item& item : file.items) {
    auto& places = item.entry->second.places;
    const auto it = std::find_if(places.begin(), places.end(),
                                 [&](const Place& place) { return place.file == &file; });
    if (it == places.end()) continue;  // its second item
    places.erase(it);
    if (places.size() < 2) contested_.erase(item.entry->first);
    touch(*item.entry);
  }
}

void ObjectStore::touch(const ObjectEntry& entry) { touched_.push_back(entry.first); }

bool ObjectStore::is_troubled(const File& file) {
  return !file.unreadable.empty() || file.repeats ||
         std::any_of(file.documents.begin(), file.documents.end(),
                     [](const auto& document) { return document.trouble != nullptr; });
}

void ObjectStore::note_trouble(const File& file) {
  if (is_troubled(file))
    troubled_.insert(file.name);
  else
    troubled_.erase(file.name);
}

api::ChangeBatch ObjectStore::take_changes() {
  std::vector<Identity> touched = std::exchange(touched_, {});
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  api::ChangeBatch changes;
  changes.reserve(touched.size());
  for (const Identity& identity : touched) {
    const auto it = objects_.find(identity);
    if (it == objects_.end()) continue;  // came and went between two calls
    const api::AnyObject old = it->second.in_force;
    settle(*it);
    const api::AnyObject now = it->second.in_force;
    if (it->second.places.empty()) objects_.erase(it);
    if (!api::equal(old, now)) changes.push_back({identity.kind, identity.key, now});
  }
  return changes;
}

void ObjectStore::settle(ObjectEntry& entry) {
  Object& object = entry.second;
  if (object.places.empty()) {
    object.in_force = {};
    return;
  }
  const Place& first = object.places.front();
  stamp(files_.at(first.file->name).items[first.item], object);
}

// Puts the item in force, with its generation and creation time.
void ObjectStore::stamp(Item& item, Object& object) const {
  const auto stamped = [&](int64_t generation) {
    return with_copy(item.object, [&](api::ObjectMeta& metadata) {
      metadata.generation = generation;
      if (metadata.creation_timestamp.unix_seconds == 0)
        metadata.creation_timestamp.unix_seconds = object.created;
    });
  };
  if (object.created == 0) object.created = clock_();
  api::AnyObject same = stamped(object.generation);
  const bool equal = object.generation > 0 && api::equal(same, object.in_force);
  item.object = object.in_force = equal ? std::move(same) : stamped(++object.generation);
}

std::string ObjectStore::location(api::Kind kind, const api::ObjectKey& key) const {
  const auto it = objects_.find(Identity{kind, key});
  if (it == objects_.end() || it->second.places.empty()) return {};
  const Place& place = it->second.places.front();
  return fmt::format("{}:{}", place.file->name, place.file->items[place.item].line);
}

std::vector<ObjectProblem> ObjectStore::problems() const {
  std::set<Text> names = troubled_;
  for (const Identity& identity : contested_) {
    for (const Place& place : objects_.at(identity).places) names.insert(place.file->name);
  }
  std::vector<ObjectProblem> result;
  for (const Text& name : names) add_problems(files_.at(name), result);
  return result;
}

void ObjectStore::add_problems(const File& file, std::vector<ObjectProblem>& result) {
  if (!file.unreadable.empty())
    result.push_back({file.name, "", Severity::kError, {"Unreadable", "", file.unreadable, 0}});
  uint32_t item = 0;
  for (const Document& document : file.documents) {
    if (document.trouble != nullptr)
      result.insert(result.end(), document.trouble->problems.begin(),
                    document.trouble->problems.end());
    for (const uint32_t end = item + document.items; item < end; ++item) {
      const auto& [identity, object] = *file.items[item].entry;
      const Place& first = object.places.front();
      if (first.file == &file && first.item == item) continue;
      result.push_back(
          {file.name,
           api::text_of(api::info(identity.kind), identity.key),
           Severity::kError,
           {"Duplicate", "metadata.name",
            fmt::format("the object stands {} too, and the first one counts: rename or remove one",
                        first.file == &file ? "further up" : "in " + first.file->name.str()),
            file.items[item].line}});
    }
  }
}

}  // namespace limen::providers
