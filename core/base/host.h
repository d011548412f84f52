// Which machine this is, for files that several machines share.
#pragma once

#include <string>

namespace retort {

std::string HostName();  // as the kernel has it, without what cannot stand in a file name
bool HasNetwork();       // whether an interface other than the loopback one is up

}  // namespace retort
