#include "translate/backend_model.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include "base/sha256.h"
#include "base/strings.h"

namespace limen::translate {
namespace {

std::string_view suffix_of(BackendProtocol protocol) {
  switch (protocol) {
    case BackendProtocol::kHttp1: return "";
    case BackendProtocol::kHttp2: return "/h2c";
    case BackendProtocol::kWebSocket: return "/ws";
    case BackendProtocol::kTls: return "/tls";
    case BackendProtocol::kUdp: return "/udp";
  }
  __builtin_unreachable();
}

std::string object_text(const ClusterRef& ref) {
  std::string text = ref.kind == api::Kind::kBackend ? "backend/" : "service/";
  if (ref.is_server()) text = ref.https ? "https/" : "http/";
  text += ref.is_server() ? ref.host.str() : ref.object.text();
  if (ref.port != 0) absl::StrAppend(&text, "/", ref.port);
  if (!ref.credential.name.empty()) absl::StrAppend(&text, "/credential/", ref.credential.text());
  return text;
}

// The inverse of what join() writes.
ClusterMember read_member(absl::string_view text, BackendProtocol protocol) {
  ClusterMember member;
  member.fallback = absl::ConsumePrefix(&text, "!");
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('*', 1));
  (void)absl::SimpleAtoi(parts.first, &member.weight);
  const std::vector<std::string> path = absl::StrSplit(parts.second, '/');
  member.ref.kind = path.at(0) == "backend" ? api::Kind::kBackend : api::Kind::kService;
  member.ref.object = {path.at(1), path.at(2)};
  if (path.size() > 3) (void)absl::SimpleAtoi(path[3], &member.ref.port);
  member.ref.protocol = protocol;
  return member;
}

}  // namespace

std::string ClusterRef::text() const {
  const std::string text = (is_group() ? "group/" + members.str() : object_text(*this)) +
                           std::string(suffix_of(protocol));
  return settings.empty() ? text : absl::StrCat(text, "/settings/", digest_name(settings));
}

ClusterRef join(const std::vector<ClusterMember>& members) {
  if (members.size() == 1) return members[0].ref;
  ClusterRef group;
  group.protocol = members.at(0).ref.protocol;
  group.members = absl::StrJoin(members, ",", [](std::string* out, const ClusterMember& member) {
    absl::StrAppend(out, member.fallback ? "!" : "", member.weight, "*", object_text(member.ref));
  });
  return group;
}

std::vector<ClusterMember> members_of(const ClusterRef& cluster) {
  if (!cluster.is_group()) return {ClusterMember{cluster}};
  std::vector<ClusterMember> members;
  const std::string all = cluster.members.str();
  for (const absl::string_view text : absl::StrSplit(all, ','))
    members.push_back(read_member(text, cluster.protocol));
  return members;
}

}  // namespace limen::translate
