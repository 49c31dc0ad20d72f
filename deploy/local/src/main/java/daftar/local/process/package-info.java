/** Child processes that outlive a crash of whoever started them: each has a pid file and is signalled by that id only. */
package daftar.local.process;
