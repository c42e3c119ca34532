-- pake: contract
-- Words are looked for in `queries_by_word` since 0013. What older versions look in costs every new question a second GIN index.
DROP INDEX IF EXISTS queries_index;
