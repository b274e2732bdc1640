package source

import "context"

// Sum is a source's position now, without reading its rows (Rows is 0).
func Sum(ctx context.Context, at Location) (Position, error) {
	set, err := listFiles(at.Path)
	if err != nil {
		return Position{}, err
	}
	list := set.list
	if format, err := set.formatOf(at); err == nil && format == SQLite && len(list) == 1 {
		if list, err = sqliteFiles(list[0]); err != nil {
			return Position{}, err
		}
	}
	done, err := sumFiles(ctx, list)
	if err != nil {
		return Position{}, err
	}
	return done.position(0), set.unchanged()
}
