package httpapi

import (
	"context"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// AccountBody is a user as administrators see them.
type AccountBody struct {
	ID        string      `json:"id"`
	Email     string      `json:"email"`
	Name      string      `json:"name"`
	Role      harang.Role `json:"role" enum:"OPERATOR,STORE_MANAGER,ADMIN"`
	Disabled  bool        `json:"disabled"`
	CreatedAt instant     `json:"createdAt"`
}

func accountOf(u harang.User) AccountBody {
	return AccountBody{
		ID:        u.ID,
		Email:     auth.CanonicalEmail(u.Email),
		Name:      u.Name,
		Role:      u.Role,
		Disabled:  u.Disabled,
		CreatedAt: instant(u.Created),
	}
}

// pageOf makes a page of a list that was read with one item more than limit.
func pageOf[T any](list string, items []T, limit int, key func(T) string) harang.Page[T] {
	if len(items) <= limit {
		return harang.Page[T]{Items: items}
	}
	items = items[:limit]
	return harang.Page[T]{Items: items, Next: cursorOf(list, key(items[limit-1]))}
}

func (a *API) listUsers(ctx context.Context, caller harang.Identity, in *ListInput) (*listOutput[AccountBody], error) {
	after, err := keyOf("users", in.Cursor)
	if err != nil {
		return nil, err
	}
	users, err := a.Auth.FindUsers(ctx, caller, after, in.Limit+1)
	page := pageOf("users", users, in.Limit, func(u harang.User) string { return u.Email })
	return &listOutput[AccountBody]{listOf(page, accountOf)}, err
}

type createUserInput struct {
	Body struct {
		Email    string      `json:"email" maxLength:"254"`
		Name     string      `json:"name" minLength:"1" maxLength:"200"`
		Role     harang.Role `json:"role" enum:"OPERATOR,STORE_MANAGER,ADMIN"`
		Password string      `json:"password,omitempty" maxLength:"256" doc:"at least 8 characters; generated when absent"`
	}
}

type createdUserOutput struct {
	Body struct {
		AccountBody
		Password string `json:"password,omitempty" doc:"the generated password; shown only in this answer"`
	}
}

func (a *API) createUser(ctx context.Context, caller harang.Identity, in *createUserInput) (*createdUserOutput, error) {
	out := &createdUserOutput{}
	password := in.Body.Password
	if password == "" {
		password = auth.RandomPassword()
		out.Body.Password = password
	}
	u, err := a.Auth.CreateUser(ctx, caller,
		auth.NewUser{Email: in.Body.Email, Name: in.Body.Name, Role: in.Body.Role, Password: password,
			Temporary: true})
	out.Body.AccountBody = accountOf(u)
	return out, err
}

type changeUserInput struct {
	ID   string `path:"id" maxLength:"128"`
	Body struct {
		Role     *harang.Role `json:"role,omitempty" enum:"OPERATOR,STORE_MANAGER,ADMIN"`
		Disabled *bool        `json:"disabled,omitempty"`
		Password *string      `json:"password,omitempty" minLength:"8" maxLength:"256"`
	}
}

type accountOutput struct{ Body AccountBody }

func (a *API) changeUser(ctx context.Context, caller harang.Identity, in *changeUserInput) (*accountOutput, error) {
	if in.Body.Role == nil && in.Body.Disabled == nil && in.Body.Password == nil {
		return nil, harang.Invalid(
			harang.FieldError{Field: "body", Detail: "must have at least one of role, disabled and password"},
		)
	}
	u, err := a.Auth.UpdateUser(ctx, caller, in.ID, auth.UserChange{
		Role: in.Body.Role, Disabled: in.Body.Disabled, Password: in.Body.Password, Temporary: true,
	})
	return &accountOutput{accountOf(u)}, err
}

// KeyBody is an API key without its secret text.
type KeyBody struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Scopes     []harang.Scope   `json:"scopes" nullable:"false" enum:"events:write,events:read,catalogue:write,stock:write,tokens:issue"`
	Status     harang.KeyStatus `json:"status" enum:"ACTIVE,EXPIRING,EXPIRED,REVOKED" doc:"EXPIRING: ends within 14 days"`
	CreatedAt  instant          `json:"createdAt"`
	ExpiresAt  orNull[instant]  `json:"expiresAt" doc:"null when it does not end by itself"`
	RevokedAt  orNull[instant]  `json:"revokedAt" doc:"null while it is not revoked"`
	LastUsedAt orNull[instant]  `json:"lastUsedAt" doc:"to the minute; null before the first use"`
	RateLimit  *int64           `json:"rateLimit" doc:"calls a minute on each node; null for any number"`
}

func (a *API) keyBodyOf(k harang.APIKey) KeyBody {
	b := KeyBody{
		ID: k.ID, Name: k.Name, Scopes: k.Scopes.List(), Status: k.Status(a.Clock()), CreatedAt: instant(k.Created),
		ExpiresAt: timeOrNull(k.Expires), RevokedAt: timeOrNull(k.Revoked), LastUsedAt: timeOrNull(k.LastUsed),
	}
	if k.RateLimit != 0 {
		b.RateLimit = &k.RateLimit
	}
	return b
}

func (a *API) listKeys(ctx context.Context, caller harang.Identity, in *ListInput) (*listOutput[KeyBody], error) {
	after, err := keyOf("api-keys", in.Cursor)
	if err != nil {
		return nil, err
	}
	keys, err := a.Auth.FindAPIKeys(ctx, caller, after, in.Limit+1)
	page := pageOf("api-keys", keys, in.Limit, func(k harang.APIKey) string { return k.ID })
	return &listOutput[KeyBody]{listOf(page, a.keyBodyOf)}, err
}

type createKeyInput struct {
	Body struct {
		Name      string          `json:"name" minLength:"1" maxLength:"200" doc:"purpose of the key"`
		Scopes    *[]harang.Scope `json:"scopes,omitempty" minItems:"1" maxItems:"5" uniqueItems:"true" enum:"events:write,events:read,catalogue:write,stock:write,tokens:issue" doc:"absent: events:write, catalogue:write and stock:write"`
		ExpiresAt *instantText    `json:"expiresAt,omitempty" doc:"RFC 3339, in the future, at most ten years ahead; absent: never"`
		RateLimit *int64          `json:"rateLimit,omitempty" minimum:"1" maximum:"60000" doc:"calls a minute on each node; absent: any number"`
	}
}

type createdKeyOutput struct {
	Body struct {
		KeyBody
		Key string `json:"key" doc:"the key; shown only in this answer"`
	}
}

func (a *API) createKey(ctx context.Context, caller harang.Identity, in *createKeyInput) (*createdKeyOutput, error) {
	n := auth.NewAPIKey{Name: in.Body.Name}
	if in.Body.Scopes != nil {
		var err error
		if n.Scopes, err = scopesOf(*in.Body.Scopes); err != nil {
			return nil, err
		}
	}
	if in.Body.ExpiresAt != nil {
		var err error
		if n.Expires, err = in.Body.ExpiresAt.parse("expiresAt"); err != nil {
			return nil, err
		}
	}
	if in.Body.RateLimit != nil {
		n.RateLimit = *in.Body.RateLimit
	}
	k, text, err := a.Auth.CreateAPIKey(ctx, caller, n)
	out := &createdKeyOutput{}
	out.Body.KeyBody, out.Body.Key = a.keyBodyOf(k), text
	return out, err
}

func scopesOf(names []harang.Scope) (harang.Scopes, error) {
	set, detail := harang.NewScopes(names)
	if detail != "" {
		return 0, harang.Invalid(harang.FieldError{Field: "scopes", Detail: detail})
	}
	return set, nil
}

type changeKeyInput struct {
	ID   string `path:"id" maxLength:"128"`
	Body struct {
		Name      *string               `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Scopes    *[]harang.Scope       `json:"scopes,omitempty" minItems:"1" maxItems:"5" uniqueItems:"true" enum:"events:write,events:read,catalogue:write,stock:write,tokens:issue"`
		ExpiresAt optional[instantText] `json:"expiresAt,omitempty" required:"false" doc:"RFC 3339; absent: it stays; null: the key does not end by itself"`
		RateLimit optional[int64]       `json:"rateLimit,omitempty" required:"false" minimum:"1" maximum:"60000" doc:"absent: it stays; null: any number"`
	}
}

type keyOutput struct{ Body KeyBody }

func (a *API) changeKey(ctx context.Context, caller harang.Identity, in *changeKeyInput) (*keyOutput, error) {
	change := auth.APIKeyChange{Name: in.Body.Name}
	if in.Body.Scopes != nil {
		set, err := scopesOf(*in.Body.Scopes)
		if err != nil {
			return nil, err
		}
		change.Scopes = &set
	}
	if in.Body.ExpiresAt.set {
		change.Expires = new(time.Time{})
		if text := in.Body.ExpiresAt.value; text != nil {
			var err error
			if *change.Expires, err = text.parse("expiresAt"); err != nil {
				return nil, err
			}
		}
	}
	if in.Body.RateLimit.set {
		change.RateLimit = new(int64(0))
		if limit := in.Body.RateLimit.value; limit != nil {
			change.RateLimit = limit
		}
	}
	if change == (auth.APIKeyChange{}) {
		return nil, harang.Invalid(
			harang.FieldError{Field: "body", Detail: "must have at least one of name, scopes, expiresAt and rateLimit"},
		)
	}
	k, err := a.Auth.UpdateAPIKey(ctx, caller, in.ID, change)
	return &keyOutput{a.keyBodyOf(k)}, err
}

type keyPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) revokeKey(ctx context.Context, caller harang.Identity, in *keyPath) (*struct{}, error) {
	return nil, a.Auth.RevokeAPIKey(ctx, caller, in.ID)
}
