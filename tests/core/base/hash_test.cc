// Known answers: these hashes name folders and rank samples, so no version may change one.
#include "core/base/hash.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"

namespace retort {
namespace {

TEST(Sha256, KnownAnswers) {  // FIPS 180-2, appendix B
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesAndFilesGiveTheSame) {
  EXPECT_EQ(Sha256().Update("a").Update("").Update("bc").Hex(), Sha256Hex("abc"));
  const TempDir dir;
  WriteFileAtomic(dir.path() / "f", "abc");
  EXPECT_EQ(Sha256File(dir.path() / "f"), Sha256Hex("abc"));
  WriteFileAtomic(dir.path() / "empty", "");
  EXPECT_EQ(Sha256File(dir.path() / "empty"), Sha256Hex(""));
  EXPECT_THROW(Sha256File(dir.path() / "none"), Error);
  EXPECT_THROW(Sha256File(dir.path()), Error);
}

TEST(StableHash, GoldenValues) {  // by Python: hashlib.sha256(f"{seed}\0{text}".encode()).digest()[:8]
  EXPECT_EQ(StableHash(0, ""), 16498388624318395347u);
  EXPECT_EQ(StableHash(0, "a"), 6852966567523245171u);
  EXPECT_EQ(StableHash(1, "a"), 263842516872826314u);
  EXPECT_EQ(StableHash(~uint64_t{0}, "big/4729"), 15559219017916998800u);
}

TEST(StableHash, SeedAndTextDoNotRunTogether) { EXPECT_NE(StableHash(1, "1a"), StableHash(11, "a")); }

}  // namespace
}  // namespace retort
