#include "providers/kube/anchor.h"

#include <gmock/gmock.h>

#include "base/json_text.h"

namespace limen::providers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr char kController[] = "limen.test/c";

std::vector<std::string> texts(const Anchors& anchors) {
  constexpr const char* kWords[] = {"class", "gateway", "set", "name", "namespace"};
  std::vector<std::string> result;
  for (const Anchor& anchor : anchors)
    result.push_back(std::string(kWords[static_cast<int>(anchor.kind)]) + " " + anchor.key.text());
  return result;
}

std::vector<std::string> anchors(api::Kind kind, const std::string& object) {
  return texts(anchors_of(kind, {"ns", "it"}, *parse_json(object)));
}

std::vector<std::string> offers(api::Kind kind, const std::string& object) {
  return texts(offers_of(kind, {"ns", "it"}, *parse_json(object), kController));
}

TEST(Anchor, OfRoutesAreTheirParents) {
  EXPECT_THAT(anchors(api::Kind::kHttpRoute,
                      R"({"spec":{"parentRefs":[{"name":"a"},{"name":"b","namespace":"other"},
                          {"kind":"ListenerSet","name":"c","group":"gateway.networking.k8s.io"},
                          {"kind":"Service","group":"","name":"mesh"}]}})"),
              ElementsAre("gateway ns/a", "gateway other/b", "set ns/c"));
  EXPECT_THAT(anchors(api::Kind::kListenerSet, R"({"spec":{"parentRef":{"name":"a"}}})"),
              ElementsAre("gateway ns/a"));
}

TEST(Anchor, OfOtherKinds) {
  EXPECT_THAT(anchors(api::Kind::kGateway, R"({"spec":{"gatewayClassName":"c"}})"),
              ElementsAre("class c"));
  EXPECT_THAT(anchors(api::Kind::kBackendTlsPolicy,
                      R"({"spec":{"targetRefs":[{"name":"s","kind":"Service"}]}})"),
              ElementsAre("name ns/s"));
  EXPECT_THAT(anchors(api::Kind::kEndpointSlice,
                      R"({"metadata":{"labels":{"kubernetes.io/service-name":"s"}}})"),
              ElementsAre("name ns/s"));
  EXPECT_THAT(anchors(api::Kind::kSecret, "{}"), ElementsAre("name ns/it"));
}

TEST(Anchor, EveryNameInTheSpecIsOffered) {
  EXPECT_THAT(offers(api::Kind::kHttpRoute,
                     R"({"metadata":{"name":"it"},"spec":{"parentRefs":[{"name":"web"}],"rules":[{
                 "matches":[{"headers":[{"name":"x-a","value":"1"}]}],
                 "filters":[{"requestMirror":{"backendRef":{"name":"m","namespace":"other"}}}],
                 "backendRefs":[{"name":"s"},{"name":"s"}]}]}})"),
              UnorderedElementsAre("name ns/s", "name other/m"));
  EXPECT_THAT(offers(api::Kind::kSecurityPolicy,
                     R"({"metadata":{"name":"it"},"spec":{"targetRefs":[{"name":"r"}],
                 "basicAuth":{"users":{"name":"u"}},
                 "apiKeyAuth":{"credentialRefs":[{"name":"k","namespace":"other"}]}}})"),
              UnorderedElementsAre("name ns/u", "name other/k"));
  EXPECT_THAT(offers(api::Kind::kGateway,
                     R"({"spec":{"listeners":[{"tls":{"certificateRefs":[{"name":"cert"}]}}]}})"),
              UnorderedElementsAre("gateway ns/it", "name ns/cert"));
  EXPECT_THAT(offers(api::Kind::kService, R"({"spec":{"ports":[{"name":"http"}]}})"), IsEmpty());
}

TEST(Anchor, OnlyClassesOfOursOffer) {
  EXPECT_THAT(
      offers(
          api::Kind::kGatewayClass,
          R"({"spec":{"controllerName":"limen.test/c","parametersRef":{"name":"p","namespace":"q"}}})"),
      UnorderedElementsAre("class ns/it", "name q/p"));
  EXPECT_THAT(offers(api::Kind::kGatewayClass,
                     R"({"spec":{"controllerName":"other","parametersRef":{"name":"p"}}})"),
              IsEmpty());
}

}  // namespace
}  // namespace limen::providers
