#include <gtest/gtest.h>

#include "features/jwt.h"

namespace limen::features {
namespace {

TEST(Jwks, OneUsableKeyIsEnough) {
  for (const char* key :
       {R"({"kty": "RSA", "n": "AQAB", "e": "AQAB"})",
        R"({"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"})",
        R"({"kty": "oct", "k": "AQAB"})", R"({"kty": "OKP", "crv": "Ed25519", "x": "AQAB"})"}) {
    EXPECT_EQ(mistake_in_jwks(std::string(R"({"keys": [)") + key + "]}"), "") << key;
    EXPECT_EQ(mistake_in_jwks(std::string(R"({"keys": [{"kty": "other"}, 1, )") + key + "]}"), "");
  }
}

TEST(Jwks, WhatEnvoyCannotUse) {
  for (const char* set :
       {"", "{", "[]", "{}", R"({"keys": 1})", R"({"keys": {}})", R"({"keys": []})",
        R"({"keys": ["a"]})", R"({"keys": [{}]})", R"({"keys": [{"kty": "RSA", "n": "AQAB"}]})",
        R"({"keys": [{"kty": "RSA", "n": "", "e": "AQAB"}]})",
        R"({"keys": [{"kty": "RSA", "n": "!", "e": "AQAB"}]})",
        R"({"keys": [{"kty": "EC", "crv": "P-1", "x": "AQAB", "y": "AQAB"}]})",
        R"({"keys": [{"kty": "OKP", "crv": "X25519", "x": "AQAB"}]})"})
    EXPECT_NE(mistake_in_jwks(set), "") << set;
}

}  // namespace
}  // namespace limen::features
