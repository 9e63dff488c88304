set -e
# The first start makes the database; pg_isready over TCP says no until it is whole.
if [ ! -s "$PGDATA/shop-made" ]; then
  rm -rf "$PGDATA"
  initdb --auth-host=scram-sha-256 --auth-local=trust >/dev/null
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl -w start -o "-c listen_addresses=''" >/dev/null
  psql -q -v ON_ERROR_STOP=1 -f /schema.sql
  pg_ctl -w stop >/dev/null
  echo made >"$PGDATA/shop-made"
fi
exec postgres -c listen_addresses='*'
