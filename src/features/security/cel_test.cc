// What becomes of the text of a condition.  That Envoy evaluates it so is test/process's to show.
#include "features/security/cel.h"

#include <cel/expr/syntax.pb.h>
#include <gtest/gtest.h>
#include <xds/type/matcher/v3/cel.pb.h>

namespace limen::features {
namespace {

std::string mistake_in(const std::string& expression) {
  ::xds::type::matcher::v3::Matcher::MatcherList::Predicate out;
  return write_cel(expression, out);
}

::cel::expr::Expr tree_of(const std::string& expression) {
  ::xds::type::matcher::v3::Matcher::MatcherList::Predicate out;
  EXPECT_EQ(write_cel(expression, out), "");
  ::xds::type::matcher::v3::CelMatcher matcher;
  out.single_predicate().custom_match().typed_config().UnpackTo(&matcher);
  return matcher.expr_match().cel_expr_parsed().expr();
}

TEST(Cel, IsATree) {
  const auto tree = tree_of("has(request.headers.a) && request.path.startsWith('/x')");
  EXPECT_EQ(tree.call_expr().function(), "_&&_");
  const auto& has = tree.call_expr().args(0).select_expr();
  EXPECT_TRUE(has.test_only());
  EXPECT_EQ(has.field(), "a");
  EXPECT_EQ(has.operand().select_expr().operand().ident_expr().name(), "request");
  const auto& call = tree.call_expr().args(1).call_expr();
  EXPECT_EQ(call.function(), "startsWith");
  EXPECT_EQ(call.target().select_expr().field(), "path");
  EXPECT_EQ(call.args(0).const_expr().string_value(), "/x");
  EXPECT_EQ(tree_of("source.port in [1, 2]").call_expr().function(), "@in");
}

TEST(Cel, KnowsWhatEnvoyKnows) {
  EXPECT_EQ(mistake_in("request.pat == ''"), "Envoy has no attribute request.pat");
  EXPECT_EQ(mistake_in("self.a"), "there is no variable self at offset 4");
  EXPECT_EQ(mistake_in("request.path.lowerAscii() == ''"),
            "there is no method lowerAscii with 0 arguments at offset 26");
  EXPECT_EQ(mistake_in("[1].all(x, x > 0)"), "there is no all() here at offset 8");
  EXPECT_NE(mistake_in("request.path.matches('(')"), "");
  EXPECT_NE(mistake_in(""), "");
  EXPECT_EQ(mistake_in("xds.route_name == 'a' || metadata.filter_metadata['a']['b'] == 1.5"), "");
}

// Envoy reads no message that is deeper than 100.
TEST(Cel, IsNotTooDeepForEnvoy) {
  std::string wide = "false";
  for (int i = 0; i < 300; ++i) wide += " || false";
  const auto tree = tree_of(wide);
  ::cel::expr::Expr read;
  EXPECT_TRUE(read.ParseFromString(tree.SerializeAsString()));
  std::string deep = "1";
  for (int i = 0; i < 60; ++i) deep += " + 1";
  EXPECT_EQ(mistake_in(deep + " == 1"), "it is too deep for Envoy");
}

}  // namespace
}  // namespace limen::features
