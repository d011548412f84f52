// Ctrl-C and SIGTERM as a flag that long loops ask for; a second Ctrl-C ends the process at once.
#pragma once

namespace retort {

void CatchInterrupts();
bool Interrupted();

}  // namespace retort
