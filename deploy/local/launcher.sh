# Sourced by up, down and the others: finds a JDK and the launcher, and builds the launcher when its sources are newer.
# Sets: root, java.

root=$(CDPATH= cd -- "${0%/*}/../.." && pwd) || exit 1

if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
  java=$JAVA_HOME/bin/java
elif command -v java >/dev/null 2>&1; then
  java=$(command -v java)
else
  echo "No Java found: install JDK 17 or newer and put java on the PATH, or set JAVA_HOME." >&2
  exit 1
fi

java_version=$("$java" -version 2>&1 | sed -n 's/^[^"]*version "\([0-9]*\).*/\1/p' | head -n 1)
if [ "${java_version:-0}" -lt 17 ]; then
  echo "$java is Java ${java_version:-unknown}: install JDK 17 or newer and set JAVA_HOME to it." >&2
  exit 1
fi

launcher_is_stale() {
  built=$root/deploy/local/target/classes/daftar/local/Up.class
  [ -f "$built" ] && [ -d "$root/deploy/local/target/lib" ] && [ -d "$root/deploy/local/target/postgres" ] &&
    [ -d "$root/deploy/local/target/s3proxy" ] || return 0
  # a build leaves classes alone that it would have made the same; the stamp says that it looked
  stamp=$root/deploy/local/target/built
  [ -f "$stamp" ] || stamp=$built
  [ -f "$root/deploy/migrator/target/classes/daftar/migrate/Migrator.class" ] || return 0
  [ -n "$(find "$root/pom.xml" "$root/deploy/local/pom.xml" "$root/deploy/local/src/main" \
    "$root/deploy/migrator/pom.xml" "$root/deploy/migrator/src/main" \
    -newer "$stamp" -newer "$built" -print)" ]
}

if launcher_is_stale; then
  if ! command -v mvn >/dev/null 2>&1; then
    echo "Maven is needed to build: install it so that mvn is on the PATH." >&2
    exit 1
  fi
  echo "building the launcher (Maven; the first time this downloads libraries)"
  (cd "$root" && mvn -q -B -Dmaven.test.skip=true -pl deploy/local -am process-classes) || {
    echo "The build failed: correct what Maven says above and try again." >&2
    exit 1
  }
  touch "$root/deploy/local/target/built"
fi

run() {
  program=$1
  shift
  exec "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-Xmx${heap:-128m}" -Xshare:auto -Duser.timezone=UTC \
    "-Ddaftar.home=$root" -Djava.util.logging.config.class=daftar.local.QuietLogging \
    -cp "$root/deploy/local/target/classes:$root/deploy/migrator/target/classes:$root/deploy/local/target/lib/*" \
    "daftar.local.$program" "$@"
}
