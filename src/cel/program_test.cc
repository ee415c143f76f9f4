#include "cel/program.h"

#include <gtest/gtest.h>

#include "base/yaml.h"

namespace limen::cel {
namespace {

Json self() {
  const char* text =
      "{n: 3, x: 1.5, t: 'Grüße', e: '', yes: true, no: false, path: /a/b, list: [1, 2, 3], "
      "names: [a, b, c], m: {k: v, n: {deep: 1}}, d: 90s, namespace: ns, items: [{name: a, port: 80}, {name: b}]}";
  return parse_yaml_chunk(split_yaml(text).at(0))->value;
}

// "true", "false" or "error: ...".
std::string eval(const std::string& expression) {
  const auto program = Program::compile(expression);
  if (!program) return "no program: " + program.error().message;
  const Json value = self();
  const auto result = program->evaluate(value);
  if (!result) return "error: " + result.error().message;
  return *result ? "true" : "false";
}

constexpr const char* kTrue[] = {
    "true",
    "!false",
    "!!true",
    "self.n == 3",
    "self.n == 3.0",
    "self.x > 1",
    "self.n >= 3",
    "-self.n == 0 - 3",
    "--3 == 3",
    "1 + 2 * 3 == 7",
    "(1 + 2) * 3 == 9",
    "7 / 2 == 3",
    "-7 / 2 == -3",
    "7 % 4 == 3",
    "10 - 2 - 3 == 5",
    "'a' + 'b' == 'ab'",
    "'a' < 'b'",
    "[1] + [2] == [1, 2]",
    "[1, 2] != [2, 1]",
    "self.m == self.m",
    "null == null",
    "'1' != 1",
    "1 in self.list",
    "!(4 in self.list)",
    "'k' in self.m",
    "self.m['k'] == 'v'",
    "self.names[2] == 'c'",
    "has(self.m.n.deep)",
    "!has(self.nope)",
    "has(self.e)",
    "size(self.t) == 5",
    "self.t.size() == 5",
    "size(self.m) == 2",
    "size([]) == 0",
    "self.path.startsWith('/a')",
    "self.path.endsWith('b')",
    "self.path.contains('/')",
    "self.path.matches('^/[a-z]/')",
    "self.path.matches(self.e)",
    "'AbC'.lowerAscii() == 'abc'",
    "'a,b'.split(',') == ['a', 'b']",
    "'ab'.split('') == ['a', 'b']",
    "self.t.substring(2) == 'üße'",
    "self.t.substring(1, 3) == 'rü'",
    "self.t.substring(5) == ''",
    "isIP('10.0.0.1') && isIP('::1') && isIP('2001:db8::')",
    "!isIP('10.0.0.01') && !isIP('1.2.3') && !isIP('a.b') && !isIP('::ffff:1.2.3.4')",
    "self.list.sum() == 6",
    "[].sum() == 0",
    "self.__namespace__ == 'ns' && has(self.__namespace__)",
    "duration(self.d) == duration('1m30s')",
    "duration('1h') > duration('59m59.5s')",
    "duration('1s') + duration('1ms') == duration('1001ms')",
    "duration('0s') == duration('0')",
    "int('12') == 12",
    "int(2.9) == 2",
    "string(12) == '12'",
    "string(true) == 'true'",
    "self.list.all(i, i > 0)",
    "self.list.exists(i, i == 2)",
    "self.list.exists_one(i, i == 2)",
    "!self.list.exists_one(i, i > 1)",
    "self.list.filter(i, i > 1) == [2, 3]",
    "self.list.map(i, i * 2) == [2, 4, 6]",
    "self.list.map(i, i > 1, i * 2) == [4, 6]",
    "self.m.all(k, k in ['k', 'n'])",
    "[].all(x, x)",
    "![].exists(x, x)",
    "self.items.filter(i, has(i.port)).size() == 1",
    "self.list.all(i, self.names.exists(n, size(n) == 1 && i > 0))",
    "self.n > 2 ? self.yes : self.no",
    "false ? false : true ? true : false",
    R"("q\"\n" == 'q"\n')",
    R"(r'\d' == '\\d')",
    "1e3 == 1000",
    "1.5e-1 == 0.15",
};

TEST(Cel, True) {
  for (const char* expression : kTrue) EXPECT_EQ(eval(expression), "true") << expression;
}

// An operand that decides makes an error in another one of no account, on either side.
TEST(Cel, ErrorsAreAbsorbed) {
  EXPECT_EQ(eval("true || self.nope"), "true");
  EXPECT_EQ(eval("self.nope || true"), "true");
  EXPECT_EQ(eval("self.nope && false"), "false");
  EXPECT_EQ(eval("self.nope || false"), "error: no such key: nope");
  EXPECT_EQ(eval("self.list.exists(i, i == 3 || i / 0 == 1)"), "true");
  EXPECT_EQ(eval("self.list.all(i, i / 0 == 1)"), "error: division by zero");
}

TEST(Cel, Errors) {
  EXPECT_EQ(eval("self.nope == 1"), "error: no such key: nope");
  EXPECT_EQ(eval("self.n.deeper == 1"), "error: int has no field deeper");
  EXPECT_EQ(eval("self.n"), "error: the expression comes to a int, not a bool");
  EXPECT_EQ(eval("self.list[3] == 1"), "error: index 3 is out of range");
  EXPECT_EQ(eval("self.list[-1] == 1"), "error: index -1 is out of range");
  EXPECT_EQ(eval("9223372036854775807 + 1 == 0"), "error: integer overflow");
  EXPECT_EQ(eval("(-9223372036854775807 - 1) / -1 == 0"), "error: integer overflow");
  EXPECT_EQ(eval("(-9223372036854775807 - 1) % -1 == 0"), "true");
  EXPECT_EQ(eval("1 % 0 == 0"), "error: division by zero");
  EXPECT_EQ(eval("'a' < 1"), "error: string and int have no order");
  EXPECT_EQ(eval("1 + 'a' == 1"), "error: no such operation on int and string");
  EXPECT_EQ(eval("size(1) == 1"), "error: size() does not take int");
  EXPECT_EQ(eval("int('x') == 1"), "error: 'x' is no integer");
  EXPECT_EQ(eval("duration('5 s') == duration('1s')"), "error: '5 s' is no duration");
  EXPECT_EQ(eval("self.t.substring(6) == ''"), "error: substring(): out of range");
  EXPECT_EQ(eval("self.t.substring(-1) == ''"), "error: substring(): out of range");
  EXPECT_EQ(eval("self.t.substring(2, 1) == ''"), "error: substring(): out of range");
  EXPECT_EQ(eval("self.names.sum() == 1"), "error: sum() does not take string");
  EXPECT_EQ(eval("[9223372036854775807, 1].sum() == 1"), "error: integer overflow");
  EXPECT_EQ(eval("isIP(1)"), "error: isIP() does not take int");
  EXPECT_EQ(eval("self.t ? true : false"), "error: '?' does not take string");
  EXPECT_EQ(eval("self.path.matches('a' + '(')"), "error: matches(): missing ): a(");
}

TEST(Cel, WhatDoesNotCompile) {
  for (const char* expression : {"",
                                 "1 +",
                                 "(1",
                                 "[1, 2",
                                 "other == 1",
                                 "self.",
                                 "self.namespace == 'ns'",
                                 "self.list.all(1, true)",
                                 "nope(1)",
                                 "self.t.nope()",
                                 "size(1, 2)",
                                 "has(self)",
                                 "'abc",
                                 "'\\q'",
                                 "1u == 1",
                                 "{'a': 1} == self.m",
                                 "self.t.matches('(')",
                                 "99999999999999999999 == 1",
                                 "1 ? 2",
                                 "a.b.c",
                                 "1 2",
                                 "#",
                                 "1e",
                                 "=="})
    EXPECT_TRUE(eval(expression).starts_with("no program: ")) << expression;
  EXPECT_EQ(eval("self.n == nope"), "no program: there is no variable nope at offset 14");
}

TEST(Cel, LimitsHold) {
  std::string deep = "true";
  for (int i = 0; i < 1000; ++i) deep.insert(0, "(").append(")");
  EXPECT_TRUE(eval(deep).starts_with("no program: the expression is too deep"));
  EXPECT_TRUE(eval(std::string(5000, '!') + "true").starts_with("no program: "));
  std::string sum = "1";
  for (int i = 0; i < 5000; ++i) sum += "+1";
  EXPECT_TRUE(eval(sum + " == 1").starts_with("no program: "));
  std::string wide = "false";
  for (int i = 0; i < 5000; ++i) wide += " || false";
  EXPECT_EQ(eval(wide), "false");
  const std::string ten = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
  std::string nested = "true";
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"})
    nested.insert(0, ten + ".all(" + name + ", ").append(")");
  EXPECT_EQ(eval(nested), "error: the expression takes too many steps");
}

}  // namespace
}  // namespace limen::cel
