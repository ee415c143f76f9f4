// A text case: a world, steps, and what has to hold after them.  README.md describes the language.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "api/kinds.h"
#include "base/json.h"
#include "providers/file/object_store.h"
#include "translate/translator.h"

namespace limen::cases {

// What a translator has said so far, merged: what Envoys and statuses show now.
class View {
 public:
  void take(const translate::Output& output);

  // "routes default/web default/web/http" -> the resource; "HTTPRoute/default/r" -> its status.
  std::map<std::string, Json> xds() const;
  const std::map<std::string, Json>& statuses() const { return statuses_; }
  // By proxy.
  std::map<std::string, Json> plans() const;
  // Whose endpoints are to be found.
  const std::map<std::string, Json>& wanted_issuers() const { return wanted_issuers_; }
  // The names of what differs, for a message; "" if nothing does.
  std::string difference(const View& other) const;

 private:
  std::map<std::string, std::pair<xds::ResourceType, xds::FragmentPtr>> resources_;
  std::map<std::string, Json> statuses_;
  std::map<std::string, std::shared_ptr<const infra::ProxyPlan>> plans_;
  std::map<std::string, Json> wanted_issuers_;
};

// Where `actual` falls short of `expected`; nullopt where it does not.  A map asks for the members
// it names (null: there is none); against a list it names elements by index, `type` or `name`.  A
// list asks for each element.
std::optional<std::string> mismatch(const Json& expected, const Json* actual,
                                    const std::string& path);

// Plays a case's documents.  Each returned text is something that did not hold.
std::vector<std::string> play(const std::string& text);

}  // namespace limen::cases
