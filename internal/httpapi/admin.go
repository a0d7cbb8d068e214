package httpapi

import (
	"context"

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
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	CreatedAt instant         `json:"createdAt"`
	RevokedAt orNull[instant] `json:"revokedAt" doc:"null while the key is valid"`
}

func keyBodyOf(k harang.APIKey) KeyBody {
	return KeyBody{ID: k.ID, Name: k.Name, CreatedAt: instant(k.Created), RevokedAt: timeOrNull(k.Revoked)}
}

func (a *API) listKeys(ctx context.Context, caller harang.Identity, in *ListInput) (*listOutput[KeyBody], error) {
	after, err := keyOf("api-keys", in.Cursor)
	if err != nil {
		return nil, err
	}
	keys, err := a.Auth.FindAPIKeys(ctx, caller, after, in.Limit+1)
	page := pageOf("api-keys", keys, in.Limit, func(k harang.APIKey) string { return k.ID })
	return &listOutput[KeyBody]{listOf(page, keyBodyOf)}, err
}

type createKeyInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200" doc:"purpose of the key"`
	}
}

type createdKeyOutput struct {
	Body struct {
		KeyBody
		Key string `json:"key" doc:"the key; shown only in this answer"`
	}
}

func (a *API) createKey(ctx context.Context, caller harang.Identity, in *createKeyInput) (*createdKeyOutput, error) {
	k, text, err := a.Auth.CreateAPIKey(ctx, caller, in.Body.Name)
	out := &createdKeyOutput{}
	out.Body.KeyBody, out.Body.Key = keyBodyOf(k), text
	return out, err
}

type keyPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) revokeKey(ctx context.Context, caller harang.Identity, in *keyPath) (*struct{}, error) {
	return nil, a.Auth.RevokeAPIKey(ctx, caller, in.ID)
}
