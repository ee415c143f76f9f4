#include "providers/file/object_store.h"

#include <gtest/gtest.h>

namespace limen::providers {
namespace {

std::string backend(const std::string& name, int port) {
  return "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: Backend\nmetadata: {name: " + name +
         "}\nspec: {endpoints: [{ip: {address: 127.0.0.1, port: " + std::to_string(port) + "}}]}\n";
}

class ObjectStoreTest : public testing::Test {
 protected:
  // What take_changes() tells, as text: "Backend/default/a:8081@2" (port and generation) or
  // "-Backend/default/a".
  std::vector<std::string> changes() {
    std::vector<std::string> result;
    for (const auto& change : store_.take_changes()) {
      const std::string name = api::text_of(api::info(change.kind), change.key);
      const auto* object = std::get_if<std::shared_ptr<const api::Backend>>(&change.object);
      if (object == nullptr) {
        result.push_back("-" + name);
        continue;
      }
      const auto& it = **object;
      result.push_back(name + ":" + std::to_string(it.spec.endpoints.at(0).ip->port) + "@" +
                       std::to_string(it.metadata.generation));
    }
    return result;
  }
  std::vector<std::string> reasons() {
    std::vector<std::string> result;
    for (const auto& it : store_.problems()) result.push_back(it.problem.reason);
    return result;
  }
  using Texts = std::vector<std::string>;

  ObjectStore store_{[] { return int64_t{1}; }};
};

TEST_F(ObjectStoreTest, TellsWhatIsDifferent) {
  store_.set_file("f.yaml", backend("a", 1) + "---\n" + backend("b", 2));
  EXPECT_EQ(changes(), (Texts{"Backend/default/a:1@1", "Backend/default/b:2@1"}));
  store_.set_file("f.yaml", backend("a", 1) + "---\n" + backend("b", 3));
  EXPECT_EQ(changes(), Texts{"Backend/default/b:3@2"});
  store_.remove_file("f.yaml");
  EXPECT_EQ(changes(), (Texts{"-Backend/default/a", "-Backend/default/b"}));
  EXPECT_EQ(changes(), Texts{});
}

TEST_F(ObjectStoreTest, ParsesOnlyDocumentsThatChanged) {
  store_.set_file("f.yaml",
                  backend("a", 1) + "---\n" + backend("b", 2) + "---\n" + backend("c", 3));
  EXPECT_EQ(store_.parsed_documents(), 3u);
  store_.set_file("f.yaml",
                  backend("a", 1) + "---\n" + backend("b", 9) + "---\n" + backend("c", 3));
  EXPECT_EQ(store_.parsed_documents(), 4u);
  store_.set_file("f.yaml",
                  backend("a", 1) + "---\n" + backend("b", 9) + "---\n" + backend("c", 3));
  EXPECT_EQ(store_.parsed_documents(), 4u);
}

TEST_F(ObjectStoreTest, ACommentIsNoNewGeneration) {
  store_.set_file("f.yaml", backend("a", 1));
  changes();
  store_.set_file("f.yaml", "# hello\n" + backend("a", 1));
  EXPECT_EQ(changes(), Texts{});
}

TEST_F(ObjectStoreTest, ABrokenDocumentKeepsItsLastGoodVersion) {
  store_.set_file("f.yaml", backend("a", 1) + "---\n" + backend("b", 2));
  changes();
  store_.set_file("f.yaml", "kind: [\n---\n" + backend("b", 3));
  EXPECT_EQ(changes(), Texts{"Backend/default/b:3@2"});
  EXPECT_EQ(reasons(), Texts{"InvalidYAML"});
  store_.set_file("f.yaml", backend("a", 5) + "---\n" + backend("b", 3));
  EXPECT_EQ(changes(), Texts{"Backend/default/a:5@2"});
  EXPECT_EQ(reasons(), Texts{});
}

TEST_F(ObjectStoreTest, AnObjectWithAMistakeKeepsItsLastGoodVersion) {
  store_.set_file("f.yaml", backend("a", 1));
  changes();
  store_.set_file("f.yaml", backend("a", 70000));
  EXPECT_EQ(changes(), Texts{});
  ASSERT_EQ(store_.problems().size(), 1u);
  EXPECT_EQ(store_.problems()[0].object, "Backend/default/a");
  EXPECT_EQ(store_.problems()[0].problem.path, "spec.endpoints[0].ip.port");
  EXPECT_EQ(store_.problems()[0].problem.line, 4);
}

TEST_F(ObjectStoreTest, OfTwoDocumentsForOneObjectTheFirstFileWins) {
  store_.set_file("b.yaml", backend("a", 2));
  store_.set_file("a.yaml", backend("a", 1));
  EXPECT_EQ(changes(), Texts{"Backend/default/a:1@1"});
  ASSERT_EQ(store_.problems().size(), 1u);
  EXPECT_EQ(store_.problems()[0].file, "b.yaml");
  store_.remove_file("a.yaml");
  EXPECT_EQ(changes(), Texts{"Backend/default/a:2@2"});
  EXPECT_EQ(reasons(), Texts{});
}

TEST_F(ObjectStoreTest, TheSameObjectTwiceInAFileIsAProblemUntilItIsNot) {
  store_.set_file("f.yaml", backend("a", 1) + "---\n" + backend("a", 2));
  EXPECT_EQ(changes(), Texts{"Backend/default/a:1@1"});
  EXPECT_EQ(reasons(), Texts{"Duplicate"});
  store_.set_file("f.yaml", backend("a", 1));
  EXPECT_EQ(changes(), Texts{});
  EXPECT_EQ(reasons(), Texts{});
}

TEST_F(ObjectStoreTest, AMoveToAnotherFileIsNoChange) {
  store_.set_file("a.yaml", backend("a", 1));
  changes();
  store_.set_file("b.yaml", backend("a", 1));
  store_.remove_file("a.yaml");
  EXPECT_EQ(changes(), Texts{});
}

TEST_F(ObjectStoreTest, AnUnreadableFileKeepsItsObjects) {
  store_.set_file("a.yaml", backend("a", 1));
  changes();
  store_.set_unreadable("a.yaml", "permission denied");
  EXPECT_EQ(changes(), Texts{});
  ASSERT_EQ(store_.problems().size(), 1u);
  EXPECT_NE(store_.problems()[0].problem.message.find("permission denied"), std::string::npos);
  store_.set_file("a.yaml", backend("a", 1));
  EXPECT_EQ(reasons(), Texts{});
}

TEST_F(ObjectStoreTest, ListsHoldObjectsAndUnknownKindsAreAWarning) {
  store_.set_file(
      "l.yaml",
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: m}}\n"
      "- {apiVersion: example.com/v1, kind: Other, metadata: {name: o}}\n");
  EXPECT_EQ(store_.take_changes().size(), 1u);
  ASSERT_EQ(store_.problems().size(), 1u);
  EXPECT_EQ(store_.problems()[0].severity, Severity::kWarning);
}

TEST_F(ObjectStoreTest, BinaryBytesAreAProblemAndNoMore) {
  store_.set_file("x.yaml", std::string("\x00\x01\xff\xfe\x80", 5));
  EXPECT_EQ(changes(), Texts{});
  EXPECT_EQ(store_.problems().size(), 1u);
}

}  // namespace
}  // namespace limen::providers
