// Certificates made while a test runs, so that none lies in the repository and expires there.
#pragma once

#include <string>

namespace retort {

// All PEM. The leaf is signed by the CA, which no system trusts.
struct TestCertificate {
  std::string ca, leaf, key;
};

// For 127.0.0.1 and localhost.
TestCertificate MakeLocalCertificate();
// The same chain and dates for another host, so that only the name is wrong.
TestCertificate MakeCertificateForAnotherName();
// For the right name, and out of date since yesterday.
TestCertificate MakeExpiredCertificate();

}  // namespace retort
