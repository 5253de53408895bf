// The modules of each version stand in go-VERSION.mod; Go wants a file of this name to see where the module is.
module cluster.local/allinone
